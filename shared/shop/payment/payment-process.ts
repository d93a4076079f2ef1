// The payment process: one payment per order, taken, settled and, where the order is called off, given back.
//
// It is a loop that remembers nothing. An order's event that wakesPayment starts it; each round loads the
// order's and the payment's stream, asks nextStep, acts, appends, and it ends at "done". Whatever was appended
// before a crash is found again, and whatever was not is done again under the same key at the gateway, which
// is the order's id: so it may stop anywhere and any worker may take it up. A gateway that gives no clear answer
// is asked again after a pause, by the same step; commands that came too late decide no events or are refused,
// and the next round sees why.
//
//   request ──▶ charge ──▶ record COMPLETED or FAILED ──▶ done
//                  └─ no answer: record UNKNOWN ──▶ inquire, again and again, until there is one
//   called off: request refund ──▶ withdraw (outcome open) or refund (money taken) ──▶ record ──▶ done
//
// Money moves only under a PaymentRequested that is already durable. An order called off without one is given up by
// ForgoPayment, which ends its payment in the payment's own stream: a worker that loaded the order before and stood still
// since then loses its append, and can't ask for the money after nobody is left to ask what became of it.
import type { MinorUnits } from "../money.ts";
import type { RecordPayment } from "../order/commands.ts";
import type { OrderEvent, RecordedPayment } from "../order/events.ts";
import { paymentMovesTo } from "../order/payment-life.ts";
import type { ExistingOrder, OrderState } from "../order/state.ts";
import type { PaymentCommand } from "./commands.ts";
import type { ExistingPayment, PaymentState } from "./state.ts";

/** What is asked of the gateway. `orderId` is its idempotency key. */
interface Charge {
  readonly orderId: string;
  readonly amount: MinorUnits;
  readonly currency: string;
}

export type PaymentStep =
  /** Append what this command decides to the payment's stream, before anything else. */
  | { readonly kind: "decide"; readonly command: PaymentCommand }
  /** Take the money; then CompletePayment, FailPayment or, without a clear answer, MarkPaymentUnknown. */
  | { readonly kind: "charge"; readonly charge: Charge }
  /** After a pause, ask what became of the charge; where the gateway never saw it, charge again. */
  | { readonly kind: "inquire"; readonly charge: Charge }
  /**
   * Close the key at the gateway, so that no late worker can charge under it. If nothing was taken:
   * FailPayment; if money was taken before: CompletePayment, and the next round refunds it.
   */
  | { readonly kind: "withdraw"; readonly charge: Charge }
  /** Give the money back; then CompleteRefund. Without a clear answer, refund again after a pause. */
  | { readonly kind: "refund"; readonly charge: Charge }
  /** Append what this command decides to the order's stream. */
  | { readonly kind: "record"; readonly command: RecordPayment }
  | { readonly kind: "done" };

const done: PaymentStep = { kind: "done" };

/** Whether this event can leave the order's payment with something to do. The other events never do. */
export function wakesPayment(event: OrderEvent): boolean {
  switch (event.type) {
    case "OrderCreated":
    case "OrderChanged":
      return event.data.amount > 0;
    case "OrderCancelled":
    case "OrderDeleted":
      return true;
    case "OrderShipped":
    case "OrderDelivered":
    case "OrderPaymentRecorded":
      return false;
  }
}

/** The one thing to do next for an order's payment, given what both streams hold now. */
export function nextStep(payment: PaymentState, order: OrderState): PaymentStep {
  if (!order.exists) return done;
  if (!payment.exists) return beforeRequest(order);
  return record(payment, order) ?? settle(payment, order);
}

function beforeRequest(order: ExistingOrder): PaymentStep {
  if (order.payment !== "PENDING") return done;
  const { orderId, currency } = order;
  const type = isCalledOff(order) ? "ForgoPayment" : "RequestPayment";
  return { kind: "decide", command: { type, orderId, amount: order.content.amount, currency } };
}

/** The order hears of an outcome before anything follows from it. */
function record(payment: ExistingPayment, order: ExistingOrder): PaymentStep | undefined {
  if (payment.status === "PENDING" || !paymentMovesTo(order.payment, payment.status)) return undefined;
  return recordAs(order.orderId, payment.status);
}

function settle(payment: ExistingPayment, order: ExistingOrder): PaymentStep {
  const { orderId, amount, currency, status } = payment;
  const charge: Charge = { orderId, amount, currency };
  if (status === "FAILED" || status === "REFUNDED") return done;
  if (isCalledOff(order) && !payment.refundRequested) {
    return { kind: "decide", command: { type: "RequestRefund", orderId } };
  }
  switch (status) {
    case "PENDING":
      return { kind: payment.refundRequested ? "withdraw" : "charge", charge };
    case "UNKNOWN":
      return { kind: payment.refundRequested ? "withdraw" : "inquire", charge };
    case "COMPLETED":
      return payment.refundRequested ? { kind: "refund", charge } : done;
  }
}

/** Deleting an order that was shipped tidies up, and what was delivered stays paid for. */
function isCalledOff(order: ExistingOrder): boolean {
  return order.status === "CANCELLED" || (order.deleted && order.status === "CREATED");
}

function recordAs(orderId: string, payment: RecordedPayment): PaymentStep {
  return { kind: "record", command: { type: "RecordPayment", paymentId: orderId, payment } };
}
