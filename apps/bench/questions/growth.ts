// What an order costs with ten million events in the store, against one with ten thousand: two stacks side by
// side, loaded in turn.
import { loadOrders, type OrderLoad } from "../order-load.ts";
import { readableOrders } from "../orders.ts";
import type { Bench, Figure, LongQuestion, Setting } from "../question.ts";
import { withBench } from "../stack.ts";
import { fillStore } from "../store/fill.ts";
import { hasRoom } from "../store/room.ts";

const FEW_EVENTS = 10_000;
const MANY_EVENTS = 10_000_000;

export const growth: LongQuestion = {
  name: "growth",
  title: "cost of an order with ten million events stored (or --events), against ten thousand",
  async runAll(setting: Setting) {
    const events = setting.events ?? MANY_EVENTS;
    if (!hasRoom("growth", events, setting)) return [];
    return withBench("many", setting, async (many) => {
      await fillStore(many, events);
      return withBench("few", setting, (few) => compare(setting, few, many));
    });
  },
};

async function compare({ runs, say }: Setting, few: Bench, many: Bench): Promise<Figure[][]> {
  const figures: Figure[][] = [];
  // The first loads warm both up and count for nothing.
  for (let run = 0; run <= runs; run++) {
    say(run === 0 ? "growth, warming up" : `growth, run ${run} of ${runs}`);
    const loads = new Map<Bench, OrderLoad>();
    // Who goes first changes: the machine's own speed does as well.
    for (const bench of run % 2 === 0 ? [few, many] : [many, few]) {
      // The load itself makes few into many.
      if (bench === few) await fillStore({ ...few, say: () => {} }, FEW_EVENTS);
      loads.set(bench, await loadOrders(bench));
    }
    const [ofFew, ofMany] = [loads.get(few), loads.get(many)];
    if (run > 0 && ofFew && ofMany) figures.push(figuresOf(ofFew, ofMany));
  }
  say(`at the end ${(await readableOrders(many.sql)).toLocaleString("en")} orders were readable`);
  return figures;
}

function figuresOf(few: OrderLoad, many: OrderLoad): Figure[] {
  const cost = ({ cpuUs }: OrderLoad) => [...cpuUs.values()].reduce((sum, us) => sum + us, 0);
  return [
    {
      name: "processor, many against few",
      unit: "times",
      value: cost(many) / cost(few),
      target: { atMost: 1.2 },
    },
    { name: "processor, few", unit: "µs/order", value: cost(few) },
    { name: "processor, many", unit: "µs/order", value: cost(many) },
    ...[...many.cpuUs].map(([name, us]) => ({
      name: `  of it ${name}, many less few`,
      unit: "µs/order",
      value: us - (few.cpuUs.get(name) ?? 0),
    })),
    { name: "orders, few", unit: "orders/s", value: few.perSecond },
    { name: "orders, many", unit: "orders/s", value: many.perSecond },
    { name: "accepting, p99, few", unit: "ms", value: few.result.p99Ms },
    { name: "accepting, p99, many", unit: "ms", value: many.result.p99Ms },
  ];
}
