import { bigint, integer, numeric, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

/** Counters a partition, so that partitions never wait for each other's row; readers add them up. */
export const orderStats = pgTable(
  "order_stats",
  {
    partition: integer().notNull(),
    status: text().notNull(),
    payment: text().notNull(),
    orders: bigint({ mode: "number" }).notNull(),
    /** Minor units; numeric, since a sum may pass 64 bits where no single amount does. */
    amount: numeric().notNull(),
  },
  (table) => [primaryKey({ columns: [table.partition, table.status, table.payment] })],
);
