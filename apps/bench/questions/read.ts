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
    const ids = await postDifferent(() => postOrder(stack.commandApi, stack.headers));
    await untilReadable(sql, before + ids.length, 10_000);
    const [reads, p99, errors] = await readsOf(stack.queryApi, ids, { seconds, headers: stack.headers });
    return [reads, p99, { ...errors, target: { atMost: 0 } }];
  },
};

/** Answers their ids. */
export function postDifferent(post: () => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: DIFFERENT_ORDERS }, post));
}

/** How fast orders that can be read are. */
export async function readsOf(
  url: string,
  ids: readonly string[],
  asked: { readonly seconds: number; readonly headers?: Readonly<Record<string, string>> },
): Promise<[Figure, Figure, Figure]> {
  const paths = ids.map((id) => `/orders/${id}`);
  const result = await load({ url, connections: CONNECTIONS, paths, ...asked });
  return [
    { name: "reads", unit: "requests/s", value: result.requests / result.seconds },
    { name: "reading, p99", unit: "ms", value: result.p99Ms },
    { name: "errors", unit: "", value: result.errors },
  ];
}
