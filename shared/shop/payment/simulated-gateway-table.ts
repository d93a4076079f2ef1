import { sql } from "drizzle-orm";
import { bigint, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * The simulated gateway's own books, in place of a bank's: what it was asked under each idempotency key, and
 * what came of it. Only the simulated gateway reads or writes them.
 */
export const simulatedGatewayCharges = pgTable("simulated_gateway_charges", {
  /** The idempotency key of the charge. */
  paymentId: text("payment_id").primaryKey(),
  /** Minor units. */
  amount: bigint({ mode: "number" }).notNull(),
  currency: text().notNull(),
  /** `unseen`: the request was lost on its way, so that only the sender knows of it. */
  outcome: text({ enum: ["unseen", "succeeded", "declined", "withdrawn"] }).notNull(),
  /** Until then the bank is still at it, and asking what became of the charge brings no answer. */
  settlesAt: timestamp("settles_at", { withTimezone: true, mode: "string" }).notNull().default(sql`now()`),
  /** Requests to charge under this key. */
  chargeCalls: integer("charge_calls").notNull().default(0),
  /** Times that money was taken: what must never pass 1. */
  taken: integer().notNull().default(0),
  /** The idempotency key of the refund. */
  refundId: text("refund_id"),
  refundCalls: integer("refund_calls").notNull().default(0),
  /** Times that the money was given back. */
  refunded: integer().notNull().default(0),
});
