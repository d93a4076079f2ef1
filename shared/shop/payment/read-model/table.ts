import { bigint, index, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** One row a payment; its id is its order's. `document` is what readers get, as JSON text. */
export const payments = pgTable(
  "payments",
  {
    ...streamColumns,
    status: text().notNull(),
    /** Minor units. */
    amount: bigint({ mode: "number" }).notNull(),
    document: text().notNull(),
  },
  (table) => [
    index("payments_newest").on(table.createdAt, table.id),
    index("payments_by_status").on(table.status, table.createdAt, table.id),
  ],
);
