// The orders' read model built anew beside the live one from a store of a million events, compared with it row
// by row, and switched to: `bun run ops projections rebuild orders`.
import { runOps } from "../ops.ts";
import type { Bench, Figure, LongQuestion, Setting } from "../question.ts";
import { withBench } from "../stack.ts";
import { fillStore } from "../store/fill.ts";

export const ROWS_MADE = "rows made of events";

const EVENTS = 1_000_000;

export const rebuild: LongQuestion = {
  name: "rebuild",
  title: "rebuild of a read model from the event store (a million events, or --events)",
  runAll: (setting: Setting) =>
    withBench("rebuild", setting, async (bench) => {
      await fillStore(bench, setting.events ?? EVENTS);
      const figures: Figure[][] = [];
      for (let run = 1; run <= setting.runs; run++) {
        bench.say(`rebuild, run ${run} of ${setting.runs}`);
        figures.push(await rebuildOnce(bench));
      }
      return figures;
    }),
};

async function rebuildOnce({ stack }: Bench): Promise<Figure[]> {
  const startedAt = performance.now();
  const result = await runOps(stack, "projections", "rebuild", "orders");
  const seconds = (performance.now() - startedAt) / 1000;
  const [events, loaded] = [Number(result.events), Number(result.eventsPerSecond)];
  // The way back would stand in the way of the next rebuild.
  await runOps(stack, "projections", "drop", "orders", "--yes");
  return [
    { name: ROWS_MADE, unit: "events/s", value: loaded },
    { name: "indexed, compared and switched as well", unit: "events/s", value: events / seconds },
  ];
}
