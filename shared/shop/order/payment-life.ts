import type { RecordedPayment } from "./events.ts";
import type { OrderPayment } from "./state.ts";

/**
 * Where an order's payment may go from where it is. It never goes back: news of a payment arrive late,
 * twice and out of order. An order with nothing to pay has no payment to hear of.
 */
const nextPayments: Readonly<Record<OrderPayment, readonly RecordedPayment[]>> = {
  NONE: [],
  PENDING: ["UNKNOWN", "COMPLETED", "FAILED", "REFUNDED"],
  UNKNOWN: ["COMPLETED", "FAILED", "REFUNDED"],
  COMPLETED: ["REFUNDED"],
  FAILED: [],
  REFUNDED: [],
};

export function paymentMovesTo(from: OrderPayment, to: RecordedPayment): boolean {
  return nextPayments[from].includes(to);
}
