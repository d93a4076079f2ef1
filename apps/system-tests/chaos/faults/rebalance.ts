// Partitions that change hands: processes join and leave their group while it works.
import type { Fault } from "./fault.ts";

const READY_WITHIN_MS = 60_000;

export const rebalances: readonly Fault[] = (["projector", "processes"] as const).map((kind) => ({
  name: `rebalance-${kind}`,
  weight: 1,
  async run({ system, random }) {
    const joined = await system.add(kind);
    await joined.ready(READY_WITHIN_MS);
    const ended = random.chance(0.5) ? joined : random.pick(system.ofKind(kind));
    // The one that stays takes the other's place in the system.
    const { code, tookMs } = await ended.terminate({ leave: true });
    system.remove(ended);
    if (code !== 0) throw new Error(`${ended.name} left its group with exit code ${code}`);
    return `${joined.name} joined, ${ended.name} left within ${tookMs} ms`;
  },
}));
