import { bigint, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** One row a SKU; `document` is what readers get, as JSON text. */
export const stock = pgTable(
  "stock",
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    document: text().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
  },
  (table) => [index("stock_newest").on(table.createdAt, table.id)],
);
