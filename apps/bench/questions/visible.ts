// From POST to visible in GET, with nothing else going on: the read waits for the version that was written.
import { postOrder, readOrder } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";
import { percentile } from "../statistics.ts";

/** Of a run of ten seconds; shorter ones ask fewer. */
const ORDERS_A_SECOND = 50;
const WARM_UP = 50;
/** Between two orders, so that each finds the system at rest. */
const PAUSE_MS = 5;

export const visible: Question = {
  name: "visible",
  title: "POST to visible in GET, at rest",
  async run(bench: Bench): Promise<Figure[]> {
    const took: number[] = [];
    for (let n = 0; n < WARM_UP + ORDERS_A_SECOND * bench.seconds; n++) {
      const startedAt = performance.now();
      await readOrder(bench, await postOrder(bench.stack.commandApi));
      if (n >= WARM_UP) took.push(performance.now() - startedAt);
      await Bun.sleep(PAUSE_MS);
    }
    return [
      { name: "visible, p50", unit: "ms", value: percentile(took, 0.5), target: { atMost: 5 } },
      { name: "visible, p99", unit: "ms", value: percentile(took, 0.99), target: { atMost: 10 } },
    ];
  },
};
