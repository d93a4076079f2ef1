import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** What the payment process has yet to do: one row an order, written with the checkpoint that it came from. */
export const paymentTasks = pgTable(
  "payment_tasks",
  {
    orderId: text("order_id").primaryKey(),
    dueAt: timestamp("due_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
    /** Raised by each order event that gives reason to look; a dispatcher removes only the revision it saw. */
    revision: integer().notNull().default(1),
    /** Claims since the last such event; the pause before the next one grows with it. */
    attempts: integer().notNull().default(0),
    /** While a dispatcher has it. Apart from due_at: an event makes a task due without freeing it. */
    leasedUntil: timestamp("leased_until", { withTimezone: true, mode: "string" }),
  },
  (table) => [index("payment_tasks_due").on(table.dueAt)],
);
