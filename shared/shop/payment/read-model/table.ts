import { bigint, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** One row a payment; its id is its order's. `document` is what readers get, as JSON text. */
export const payments = pgTable(
  "payments",
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    status: text().notNull(),
    /** Minor units. */
    amount: bigint({ mode: "number" }).notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    document: text().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
  },
  (table) => [
    index("payments_newest").on(table.createdAt, table.id),
    index("payments_by_status").on(table.status, table.createdAt, table.id),
  ],
);
