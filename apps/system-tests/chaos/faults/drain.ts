// SIGTERM under load: in-flight work is finished or handed over, exit 0, within the named time.
import { readConfig } from "@millrace/platform/config";
import { KINDS } from "../system/system.ts";
import type { Fault } from "./fault.ts";

const DRAIN_MS = readConfig({}).MILLRACE_DRAIN_MS;

export const drains: readonly Fault[] = KINDS.map((kind) => ({
  name: `drain-${kind}`,
  weight: 1,
  async run({ system, random }) {
    const service = random.pick(system.ofKind(kind));
    const { code, signal, tookMs } = await service.terminate();
    if (code !== 0) throw new Error(`${service.name} answered SIGTERM with ${signal ?? `exit code ${code}`}`);
    if (tookMs > DRAIN_MS) throw new Error(`${service.name} took ${tookMs} ms to drain`);
    return `${service.name} drained within ${tookMs} ms`;
  },
}));
