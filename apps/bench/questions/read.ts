import { load } from "../load.ts";
import { postOrder, readableOrders, untilReadable } from "../orders.ts";
import type { Bench, Figure, Question } from "../question.ts";

const CONNECTIONS = 64;
const DIFFERENT_ORDERS = 1_000;

export const read: Question = {
  name: "read",
  title: "GET /orders/:id, 64 connections, a thousand different orders",
  async run({ stack, sql, seconds }: Bench): Promise<Figure[]> {
    const before = await readableOrders(sql);
    const ids = await Promise.all(
      Array.from({ length: DIFFERENT_ORDERS }, () => postOrder(stack.commandApi)),
    );
    await untilReadable(sql, before + DIFFERENT_ORDERS, 10_000);
    const paths = ids.map((id) => `/orders/${id}`);
    const result = await load({ url: stack.queryApi, connections: CONNECTIONS, seconds, paths });
    return [
      {
        name: "reads",
        unit: "requests/s",
        value: result.requests / result.seconds,
        target: { atLeast: 20_000 },
      },
      { name: "reading, p99", unit: "ms", value: result.p99Ms },
      { name: "errors", unit: "", value: result.errors, target: { atMost: 0 } },
    ];
  },
};
