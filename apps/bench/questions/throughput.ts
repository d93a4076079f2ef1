// Orders accepted and made readable, 64 connections, durable throughout; and what each costs in processor time.
import { load } from "../load.ts";
import { ORDER, readableOrders, storedOrders, untilReadable } from "../orders.ts";
import { cpuBetween, stackProcesses } from "../processes.ts";
import type { Bench, Figure, Question } from "../question.ts";

const CONNECTIONS = 64;
const DRAIN_WITHIN_MS = 60_000;

export const throughput: Question = {
  name: "throughput",
  title: "orders accepted and made readable, 64 connections",
  async run({ stack, sql, seconds }: Bench): Promise<Figure[]> {
    const before = await readableOrders(sql);
    const cpuBefore = stackProcesses(stack.pid);
    const startedAt = performance.now();
    const result = await load({
      url: `${stack.commandApi}/orders`,
      connections: CONNECTIONS,
      seconds,
      body: ORDER,
    });
    const loadMs = performance.now() - startedAt;
    // Counted in the store: the generator does not know of requests that it broke off at its end.
    const orders = (await storedOrders(sql)) - before;
    const behindMs = await untilReadable(sql, before + orders, DRAIN_WITHIN_MS);
    const cpu = cpuBetween(cpuBefore, stackProcesses(stack.pid));
    return [
      { name: "accepted and readable", unit: "orders/s", value: (orders / (loadMs + behindMs)) * 1000 },
      { name: "accepting, p50", unit: "ms", value: result.p50Ms },
      { name: "accepting, p99", unit: "ms", value: result.p99Ms, target: { atMost: 25 } },
      { name: "left behind for", unit: "ms", value: behindMs, target: { atMost: 1000 } },
      { name: "errors", unit: "", value: result.errors, target: { atMost: 0 } },
      ...[...cpu].map(([name, us]) => ({ name: `processor, ${name}`, unit: "µs/order", value: us / orders })),
    ];
  },
};
