import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** What each order and each user says of a customer; one row a stream, under the stream's name. */
export const customerSources = pgTable(
  "customer_sources",
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    /** Null for an order that names nobody. */
    customer: text(),
    /** 1 of an order, 0 of a user. */
    orders: integer().notNull(),
    /** Minor units. */
    amount: bigint({ mode: "number" }).notNull(),
    /** Of an order: when it was made. */
    orderedAt: timestamp("ordered_at", { withTimezone: true, precision: 3, mode: "string" }),
    /** Of a user. */
    name: text(),
    deleted: boolean().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
  },
  (table) => [
    index("customer_sources_ordered").on(table.customer, table.orderedAt).where(sql`not ${table.deleted}`),
    index("customer_sources_named")
      .on(table.customer, table.name)
      .where(sql`not ${table.deleted} and ${table.name} is not null`),
  ],
);
