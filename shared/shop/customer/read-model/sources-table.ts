import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, text } from "drizzle-orm/pg-core";
import { milliseconds, streamColumns } from "@millrace/read-models/stream-columns";

/** What each order and each user says of a customer; one row a stream, under the stream's name. */
export const customerSources = pgTable(
  "customer_sources",
  {
    ...streamColumns,
    /** Null for an order that names nobody. */
    customer: text(),
    /** 1 of an order, 0 of a user. */
    orders: integer().notNull(),
    /** Minor units. */
    amount: bigint({ mode: "number" }).notNull(),
    /** Of an order: when it was made. */
    orderedAt: milliseconds("ordered_at"),
    /** Of a user. */
    name: text(),
    deleted: boolean().notNull(),
  },
  (table) => [
    index("customer_sources_ordered").on(table.customer, table.orderedAt).where(sql`not ${table.deleted}`),
    index("customer_sources_named")
      .on(table.customer, table.name)
      .where(sql`not ${table.deleted} and ${table.name} is not null`),
  ],
);
