import { sql } from "drizzle-orm";
import { bigint, index, numeric, pgTable, text } from "drizzle-orm/pg-core";
import { milliseconds } from "@millrace/read-models/stream-columns";

/** What a customer's orders come to, and the name of the user who has the customer's id. */
export const customers = pgTable(
  "customers",
  {
    id: text().primaryKey(),
    /** 0 where none is left, or a user has not ordered yet: readers don't see the row. */
    orders: bigint({ mode: "number" }).notNull(),
    /** Minor units; numeric, since a sum may pass 64 bits where no single amount does. */
    amount: numeric().notNull(),
    name: text(),
    /** When the first and the last of the orders were made. */
    createdAt: milliseconds("created_at"),
    lastOrderAt: milliseconds("last_order_at"),
  },
  (table) => [index("customers_newest").on(table.createdAt, table.id).where(sql`${table.orders} <> 0`)],
);
