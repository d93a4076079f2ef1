// One load of orders on a stack, until all of them can be read, and what they cost.
import { type LoadResult, load } from "./load.ts";
import { endOfStore, ORDER, ordersSince, readableOrders, untilReadable } from "./orders.ts";
import { cpuBetween, descendants, isCounted } from "./processes.ts";
import type { Bench } from "./question.ts";

export interface OrderLoad {
  readonly result: LoadResult;
  readonly orders: number;
  /** Accepted and readable. */
  readonly perSecond: number;
  /** From the load's end until its last order was readable. */
  readonly behindMs: number;
  /** Processor time by process, microseconds an order. */
  readonly cpuUs: ReadonlyMap<string, number>;
}

const CONNECTIONS = 64;
const DRAIN_WITHIN_MS = 60_000;

export async function loadOrders({ stack, sql, seconds }: Bench): Promise<OrderLoad> {
  const [place, before] = [await endOfStore(sql), await readableOrders(sql)];
  const cpuBefore = descendants(stack.pid);
  const startedAt = performance.now();
  const result = await load({
    url: `${stack.commandApi}/orders`,
    connections: CONNECTIONS,
    seconds,
    bodies: [ORDER],
    headers: stack.headers,
  });
  const loadEndedAt = performance.now();
  // Counted in the store: the generator does not know of requests that it broke off at its end.
  const orders = await ordersSince(sql, place);
  await untilReadable(sql, before + orders, DRAIN_WITHIN_MS);
  const endedAt = performance.now();
  const cpu = cpuBetween(cpuBefore, descendants(stack.pid).filter(isCounted));
  return {
    result,
    orders,
    perSecond: (orders / (endedAt - startedAt)) * 1000,
    behindMs: endedAt - loadEndedAt,
    cpuUs: new Map([...cpu].map(([name, us]) => [name, us / orders])),
  };
}
