// From POST to visible in GET while 2,000 orders a second come in.
import { millraceOrders } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { percentile } from "../statistics.ts";
import { timesUnderLoad } from "../visibility.ts";

export const visibleUnderLoad: Question = {
  name: "visible-under-load",
  title: "POST to visible in GET, at a steady 2,000 a second",
  async run({ seconds, stack }: Bench): Promise<Figure[]> {
    const { took, perSecond, errors } = await timesUnderLoad(seconds, millraceOrders(stack));
    return [
      { name: "sent", unit: "orders/s", value: perSecond },
      { name: "visible, p50", unit: "ms", value: percentile(took, 0.5) },
      { name: "visible, p99", unit: "ms", value: percentile(took, 0.99) },
      { name: "errors", unit: "", value: errors, target: { atMost: 0 } },
    ];
  },
};
