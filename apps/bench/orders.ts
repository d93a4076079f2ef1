// Orders as every question posts them, and how far they have come.
import type { Sql } from "@millrace/platform/postgres";
import type { Stack } from "./stack.ts";

export const ORDER = JSON.stringify({ customer: "Alice", items: ["pen", "notebook"] });

const LOOK_EVERY_MS = 10;

/** Where the store ends now, for `ordersSince`. */
export async function endOfStore(sql: Sql): Promise<string> {
  const [row] = await sql`
    select coalesce(pg_sequence_last_value(pg_get_serial_sequence('events', 'position')::regclass), 0)::text as position`;
  return String(row?.position ?? 0);
}

/** Orders created past that place. By block range, so that it costs the same in a store of any size. */
export async function ordersSince(sql: Sql, position: string): Promise<number> {
  const [row] = await sql`
    select count(*)::int as orders from events
    where position > ${position}::bigint and version = 1 and starts_with(stream, 'order-')`;
  return row?.orders ?? 0;
}

/** By the exact counters, since counting rows would be a load of its own. */
export async function readableOrders(sql: Sql): Promise<number> {
  const [row] = await sql`select coalesce(sum(orders), 0)::int as orders from order_stats`;
  return row?.orders ?? 0;
}

/** Resolves when so many orders are readable. @throws when they are not within the bound. */
export async function untilReadable(sql: Sql, orders: number, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while ((await readableOrders(sql)) < orders) {
    if (performance.now() > deadline) throw new Error(`${orders} orders not readable in ${withinMs} ms`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** Posts one order and answers its id, or that of the command that was taken with 202. */
export async function postOrder(
  commandApi: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(`${commandApi}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: ORDER,
  });
  const { id } = (await response.json()) as { id: string };
  if (!response.ok) throw new Error(`POST /orders answered ${response.status}`);
  return id;
}

/** Where orders go and are read. */
export interface OrderClient {
  /** Answers the order's id. */
  post(headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Resolves once the order is visible. */
  read(id: string): Promise<void>;
}

export function millraceOrders({
  commandApi,
  queryApi,
}: Pick<Stack, "commandApi" | "queryApi">): OrderClient {
  return {
    post: (headers) => postOrder(commandApi, headers),
    async read(id) {
      const response = await fetch(`${queryApi}/orders/${id}?minVersion=1&wait=5000`);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`GET /orders/${id} answered ${response.status}`);
    },
  };
}
