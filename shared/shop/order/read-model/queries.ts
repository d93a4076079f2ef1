import type { Sql } from "@millrace/platform/postgres";
import { type Condition, type Page, type PageQuery, readPage } from "@millrace/read-models/page";
import { createRowLookup, type RowLookup } from "@millrace/read-models/row-lookup";
import type { OrderPayment, OrderStatus } from "../state.ts";
import { customerKey } from "./customer-key.ts";

export function createOrderLookup(sql: Sql, onRead?: (ids: number) => void): RowLookup {
  return createRowLookup(
    (ids, bytesMax) => sql`
      select id, version, deleted, case when octet_length(document) <= ${bytesMax} then document end as document
      from orders where id = any(${ids}::text[])`,
    onRead,
  );
}

/** Filters may be combined; each has an index that serves it in the order of the list. */
export interface OrdersQuery extends PageQuery {
  readonly status?: OrderStatus;
  readonly payment?: OrderPayment;
  readonly customer?: string;
  /** ISO 8601; neither bound includes its instant. */
  readonly createdAfter?: string;
  readonly createdBefore?: string;
}

/** @throws Failure `postgres_unavailable` */
export function listOrders(sql: Sql, query: OrdersQuery): Promise<Page> {
  const { status, payment, customer, createdAfter, createdBefore } = query;
  const conditions: Condition[] = [sql`not deleted`];
  if (status !== undefined) conditions.push(sql`status = ${status}`);
  if (payment !== undefined) conditions.push(sql`payment = ${payment}`);
  if (customer !== undefined) conditions.push(sql`customer = ${customerKey(customer)}`);
  if (createdAfter !== undefined) conditions.push(sql`created_at > ${createdAfter}::timestamptz`);
  if (createdBefore !== undefined) conditions.push(sql`created_at < ${createdBefore}::timestamptz`);
  return readPage(sql, "orders", conditions, query);
}
