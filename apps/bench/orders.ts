// Orders as every question posts them, and how far they have come.
import type { Sql } from "@millrace/platform/postgres";

export const ORDER = JSON.stringify({ customer: "Alice", items: ["pen", "notebook"] });

export async function storedOrders(sql: Sql): Promise<number> {
  const [row] =
    await sql`select count(*)::int as orders from events where version = 1 and stream like 'order-%'`;
  return row?.orders ?? 0;
}

/** By the exact counters, since counting rows would be a load of its own. */
export async function readableOrders(sql: Sql): Promise<number> {
  const [row] = await sql`select coalesce(sum(orders), 0)::int as orders from order_stats`;
  return row?.orders ?? 0;
}

/** Resolves with the milliseconds until `orders` were readable. @throws when they are not within the bound. */
export async function untilReadable(sql: Sql, orders: number, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if ((await readableOrders(sql)) >= orders) return performance.now() - startedAt;
    if (performance.now() - startedAt > withinMs)
      throw new Error(`${orders} orders not readable in ${withinMs} ms`);
    await Bun.sleep(10);
  }
}

/** Posts one order and answers its id. */
export async function postOrder(commandApi: string): Promise<string> {
  const response = await fetch(`${commandApi}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ORDER,
  });
  const { id } = (await response.json()) as { id: string };
  if (response.status !== 201) throw new Error(`POST /orders answered ${response.status}`);
  return id;
}
