// From POST to visible in GET while 2,000 orders a second come in, open loop: a slow answer delays nobody else's.
import { postOrder } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { percentile } from "../statistics.ts";

const RATE_PER_SECOND = 2_000;
/** One order in this many is followed to its read; the others are load. */
const FOLLOWED = 20;
const TICK_MS = 5;

export const steady: Question = {
  name: "steady",
  title: "POST to visible in GET, at a steady 2,000 a second",
  async run({ stack, seconds }: Bench): Promise<Figure[]> {
    const took: number[] = [];
    const underWay = new Set<Promise<void>>();
    const one = async (follow: boolean) => {
      const startedAt = performance.now();
      const id = await postOrder(stack.commandApi);
      if (!follow) return;
      const read = await fetch(`${stack.queryApi}/orders/${id}?minVersion=1&wait=5000`);
      await read.arrayBuffer();
      took.push(performance.now() - startedAt);
    };
    const startedAt = performance.now();
    let sent = 0;
    while (performance.now() - startedAt < seconds * 1000) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * RATE_PER_SECOND);
      for (; sent < due; sent++) {
        const request = one(sent % FOLLOWED === 0).finally(() => underWay.delete(request));
        underWay.add(request);
      }
      await Bun.sleep(TICK_MS);
    }
    await Promise.all(underWay);
    return [
      { name: "sent", unit: "orders/s", value: (sent / (performance.now() - startedAt)) * 1000 },
      { name: "visible, p50", unit: "ms", value: percentile(took, 0.5), target: { atMost: 10 } },
      { name: "visible, p99", unit: "ms", value: percentile(took, 0.99), target: { atMost: 40 } },
    ];
  },
};
