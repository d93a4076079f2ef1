// From POST to visible in GET, with nothing else going on: the read waits for the version that was written.
import { millraceOrders } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { percentile } from "../statistics.ts";
import { timesAtRest } from "../visibility.ts";

export const visible: Question = {
  name: "visible",
  title: "POST to visible in GET, at rest",
  async run(bench: Bench): Promise<Figure[]> {
    const took = await timesAtRest(bench.seconds, millraceOrders(bench.stack));
    return [
      { name: "visible, p50", unit: "ms", value: percentile(took, 0.5) },
      { name: "visible, p99", unit: "ms", value: percentile(took, 0.99) },
    ];
  },
};
