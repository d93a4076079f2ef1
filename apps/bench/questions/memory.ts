// Memory of Millrace's own processes after a load.
import { loadOrders } from "../order-load.ts";
import { megabytes, memoryBytes, ownOf } from "../processes.ts";
import type { Bench, Figure, Question } from "../question.ts";

const SETTLE_MS = 5_000;

export const memory: Question = {
  name: "memory",
  title: "memory of Millrace's own processes after a load of 64 connections",
  async run(bench: Bench): Promise<Figure[]> {
    await loadOrders(bench);
    await Bun.sleep(SETTLE_MS);
    const ours = ownOf(bench.stack.pid).map(({ name, pid }) => ({
      name,
      unit: "MB",
      value: megabytes(memoryBytes(pid)),
    }));
    const together = ours.reduce((sum, { value }) => sum + value, 0);
    return [{ name: "together", unit: "MB", value: together, target: { atMost: 450 } }, ...ours];
  },
};
