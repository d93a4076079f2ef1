// Orders accepted and made readable, 64 connections, durable throughout; and what each costs in processor time.
import { loadOrders } from "../order-load.ts";
import type { Bench, Figure, Question } from "../question.ts";

/** Of every comparison with a peer. */
export const ACCEPTED = "accepted and readable";

export const accept: Question = {
  name: "accept",
  title: "orders accepted and made readable, 64 connections",
  async run(bench: Bench): Promise<Figure[]> {
    const { result, perSecond, behindMs, cpuUs } = await loadOrders(bench);
    return [
      { name: ACCEPTED, unit: "orders/s", value: perSecond },
      { name: "accepting, p50", unit: "ms", value: result.p50Ms },
      { name: "accepting, p99", unit: "ms", value: result.p99Ms },
      { name: "left behind for", unit: "ms", value: behindMs, target: { atMost: 1000 } },
      { name: "errors", unit: "", value: result.errors, target: { atMost: 0 } },
      ...[...cpuUs].map(([name, us]) => ({ name: `processor, ${name}`, unit: "µs/order", value: us })),
    ];
  },
};
