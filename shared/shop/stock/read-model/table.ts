import { index, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** One row a SKU; `document` is what readers get, as JSON text. */
export const stock = pgTable(
  "stock",
  {
    ...streamColumns,
    document: text().notNull(),
  },
  (table) => [index("stock_newest").on(table.createdAt, table.id)],
);
