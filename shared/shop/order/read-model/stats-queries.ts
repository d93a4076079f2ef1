import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { OrderPayment, OrderStatus } from "../state.ts";

/** A cell of the counters, over all partitions. */
export interface OrderCount {
  readonly status: OrderStatus;
  readonly payment: OrderPayment;
  readonly orders: bigint;
  /** Minor units. */
  readonly amount: bigint;
}

/** @throws Failure `postgres_unavailable` */
export async function readOrderCounts(sql: Sql): Promise<OrderCount[]> {
  try {
    const rows = await sql<{ status: OrderStatus; payment: OrderPayment; orders: string; amount: string }[]>`
      select status, payment, sum(orders)::text as orders, sum(amount)::text as amount
      from order_stats group by status, payment`;
    return rows.map((row) => ({ ...row, orders: BigInt(row.orders), amount: BigInt(row.amount) }));
  } catch (error) {
    throw postgresFailure("reading the order counts", error);
  }
}
