// What Millrace's own processes take of the processor when nobody asks anything of them.
import { cpuBetween, ownOf } from "../processes.ts";
import type { Bench, Figure, Question } from "../question.ts";

/** After whatever was asked before. */
const SETTLE_MS = 5_000;
/** Of a load's time: the kernel counts in hundredths of a second, so a short look sees nothing. */
const LOOK_FOR = 2;

export const idle: Question = {
  name: "idle",
  title: "processor time of Millrace's own processes at rest, of one core",
  async run({ stack, seconds }: Bench): Promise<Figure[]> {
    await Bun.sleep(SETTLE_MS);
    const [before, startedAt] = [ownOf(stack.pid), performance.now()];
    await Bun.sleep(LOOK_FOR * seconds * 1000);
    const elapsedUs = (performance.now() - startedAt) * 1000;
    const ours = [...cpuBetween(before, ownOf(stack.pid))];
    const together = ours.reduce((sum, [, us]) => sum + us, 0);
    return [
      { name: "together", unit: "%", value: (together / elapsedUs) * 100, target: { atMost: 2 } },
      ...ours.map(([name, us]) => ({ name, unit: "%", value: (us / elapsedUs) * 100 })),
    ];
  },
};
