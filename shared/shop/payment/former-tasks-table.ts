import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * Where payment tasks stood before process_tasks. Empty: a trigger writes on to there what programs of the former code still
 * put here while a new version is rolled out. To be dropped by the version after.
 */
export const paymentTasks = pgTable(
  "payment_tasks",
  {
    orderId: text("order_id").primaryKey(),
    dueAt: timestamp("due_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
    revision: integer().notNull().default(1),
    attempts: integer().notNull().default(0),
    leasedUntil: timestamp("leased_until", { withTimezone: true, mode: "string" }),
  },
  (table) => [index("payment_tasks_due").on(table.dueAt)],
);
