// Zombies: a process that stands still past every timeout and then goes on as if nothing had been. A frozen query API
// is a listener that takes no notification: those who notify must not feel it.
import { recovery } from "../canary.ts";
import { KINDS } from "../system/system.ts";
import type { Fault } from "./fault.ts";

/** Past the consumers' session timeout of 10 s: others have its partitions when it wakes. */
const FROM_MS = 12_000;
const TO_MS = 20_000;

export const freezes: readonly Fault[] = KINDS.map((kind) => ({
  name: `freeze-${kind}`,
  weight: 1,
  async run({ system, journal, random }) {
    const service = random.pick(system.ofKind(kind));
    const frozenMs = random.between(FROM_MS, TO_MS);
    const wake = Bun.sleep(frozenMs);
    service.freeze();
    try {
      // Where there is another of its kind, nobody has to wait for it to wake.
      const tookOverMs =
        system.ofKind(kind).length > 1
          ? await recovery(system, journal, `frozen-${random.between(0, 1e9)}`)
          : undefined;
      await wake;
      const others =
        tookOverMs === undefined ? "" : `, others had taken over after ${Math.round(tookOverMs)} ms`;
      return `${service.name} frozen for at least ${frozenMs} ms${others}`;
    } finally {
      service.thaw();
    }
  },
}));
