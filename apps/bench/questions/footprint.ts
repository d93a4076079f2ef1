// Memory after a load, and what the system costs when nobody asks anything of it.
import { load } from "../load.ts";
import { ORDER } from "../orders.ts";
import { cpuBetween, stackProcesses } from "../processes.ts";
import type { Bench, Figure, Question } from "../question.ts";

const SETTLE_MS = 5_000;
const IDLE_MS = 20_000;
const MILLRACE = new Set(["command-api", "relay", "projector", "payments", "query-api", "console"]);

export const footprint: Question = {
  name: "footprint",
  title: "memory after that load, and idle",
  once: true,
  async run({ stack, seconds }: Bench): Promise<Figure[]> {
    await load({ url: `${stack.commandApi}/orders`, connections: 64, seconds, body: ORDER });
    await Bun.sleep(SETTLE_MS);
    const settled = stackProcesses(stack.pid);
    await Bun.sleep(IDLE_MS);
    const idle = cpuBetween(settled, stackProcesses(stack.pid));
    const ours = settled.filter(({ name }) => MILLRACE.has(name));
    const megabytes = (bytes: number) => bytes / 1_048_576;
    const idleUs = [...idle].filter(([name]) => MILLRACE.has(name)).reduce((sum, [, us]) => sum + us, 0);
    return [
      {
        name: "memory, together",
        unit: "MB",
        value: megabytes(ours.reduce((sum, { residentBytes }) => sum + residentBytes, 0)),
        target: { atMost: 450 },
      },
      ...ours.map(({ name, residentBytes }) => ({
        name: `memory, ${name}`,
        unit: "MB",
        value: megabytes(residentBytes),
      })),
      { name: "idle, of one core", unit: "%", value: (idleUs / 1000 / IDLE_MS) * 100, target: { atMost: 2 } },
    ];
  },
};
