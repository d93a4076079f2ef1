// Zombies: a process that stands still past every timeout and then goes on as if nothing had been.
import { type Fault, lasting } from "./fault.ts";

/** Past the consumers' session timeout of 10 s: others have its partitions when it wakes. */
const FROM_MS = 12_000;
const TO_MS = 20_000;

export const freezes: readonly Fault[] = (["projector", "payments", "relay", "command-api"] as const).map(
  (kind) => ({
    name: `freeze-${kind}`,
    weight: 1,
    async run({ system, random }) {
      const service = random.pick(system.ofKind(kind));
      const frozenMs = lasting(random, FROM_MS, TO_MS);
      service.freeze();
      await Bun.sleep(frozenMs);
      service.thaw();
      return `${service.name} frozen for ${frozenMs} ms`;
    },
  }),
);
