// From POST to visible in GET, with nothing else going on: the read waits for the version that was written.
import { postOrder } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { percentile } from "../statistics.ts";

const ORDERS = 500;
const WARM_UP = 50;
/** Between two orders, so that each finds the system at rest. */
const PAUSE_MS = 5;

export const latency: Question = {
  name: "latency",
  title: "POST to visible in GET, at rest",
  async run({ stack }: Bench): Promise<Figure[]> {
    const took: number[] = [];
    for (let n = 0; n < WARM_UP + ORDERS; n++) {
      const startedAt = performance.now();
      const id = await postOrder(stack.commandApi);
      const read = await fetch(`${stack.queryApi}/orders/${id}?minVersion=1&wait=5000`);
      await read.arrayBuffer();
      if (read.status !== 200) throw new Error(`GET /orders/${id} answered ${read.status}`);
      if (n >= WARM_UP) took.push(performance.now() - startedAt);
      await Bun.sleep(PAUSE_MS);
    }
    return [
      { name: "visible, p50", unit: "ms", value: percentile(took, 0.5), target: { atMost: 5 } },
      { name: "visible, p99", unit: "ms", value: percentile(took, 0.99), target: { atMost: 10 } },
    ];
  },
};
