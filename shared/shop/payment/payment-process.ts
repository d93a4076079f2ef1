// The payment process: one payment per order, taken, settled and, where the order is called off, given back.
//
// Each round looks at the order's and the payment's stream and says the one thing to do next. A gateway that gives no clear
// answer is asked again after a pause, by the same step; commands that came too late decide no events or are refused,
// and the next round sees why.
//
//   request ──▶ charge ──▶ record COMPLETED or FAILED ──▶ done
//                  └─ no answer: record UNKNOWN ──▶ inquire, again and again, until there is one
//   called off: request refund ──▶ withdraw (outcome open) or refund (money taken) ──▶ record ──▶ done
//   of goods that stock is kept of: wait until they are reserved ──▶ request
//   not paid in time, where orders have a time to be paid in: cancel, and go on as called off
//
// Money moves only under a PaymentRequested that is already durable. An order called off without one is given up by
// ForgoPayment, which ends its payment in the payment's own stream: a worker that loaded the order before and stood still
// since then loses its append, and can't ask for the money after nobody is left to ask what became of it.
import type { States, Step } from "@millrace/processes/process";
import type { MinorUnits } from "../money.ts";
import { orderCodec } from "../order/codec.ts";
import { orderDecider } from "../order/decide.ts";
import type { OrderEvent, RecordedPayment } from "../order/events.ts";
import { paymentMovesTo } from "../order/payment-life.ts";
import type { ExistingOrder } from "../order/state.ts";
import { paymentCodec } from "./codec.ts";
import { type ExistingPayment, paymentDecider } from "./decide.ts";

export const paymentStreams = {
  order: { decider: orderDecider, codec: orderCodec },
  payment: { decider: paymentDecider, codec: paymentCodec },
};

/** What is asked of the gateway. */
export interface Charge {
  readonly orderId: string;
  readonly amount: MinorUnits;
  readonly currency: string;
}

export interface PaymentCalls {
  /** Take the money; then CompletePayment, FailPayment or, without a clear answer, MarkPaymentUnknown. */
  readonly charge: Charge;
  /** Ask what became of the charge; where the gateway never saw it, charge again. */
  readonly inquire: Charge;
  /**
   * Close the key at the gateway, so that no late worker can charge under it. If nothing was taken:
   * FailPayment; if money was taken before: CompletePayment, and the next round refunds it.
   */
  readonly withdraw: Charge;
  /** Give the money back; then CompleteRefund. Without a clear answer, refund again after a pause. */
  readonly refund: Charge;
}

export interface PaymentSettings {
  /** How long after its creation an order has to be paid, milliseconds; undefined for no end. */
  readonly dueMs: number | undefined;
}

export type PaymentStep = Step<typeof paymentStreams, PaymentCalls>;

const done: PaymentStep = { kind: "done" };

/** Whether this event can leave the order's payment with something to do. The other events never do. */
export function wakesPayment(event: OrderEvent): boolean {
  switch (event.type) {
    case "OrderCreated":
    case "OrderChanged":
      return event.data.amount > 0;
    case "OrderCancelled":
    case "OrderDeleted":
    case "OrderStockReserved":
    case "OrderRefused":
      return true;
    case "OrderShipped":
    case "OrderDelivered":
    case "OrderPaymentRecorded":
    case "OrderStockRequested":
    case "OrderStockDue":
    case "OrderStockSettled":
      return false;
  }
}

/** The one thing to do next for an order's payment, given what both streams hold now. */
export function nextStep(
  { order: { state: order, begunAtMs = 0 }, payment: { state: payment } }: States<typeof paymentStreams>,
  nowMs: number,
  { dueMs }: PaymentSettings,
): PaymentStep {
  if (!order.exists) return done;
  const dueAtMs = dueMs === undefined || !isWaited(order) ? undefined : begunAtMs + dueMs;
  const isOverdue = dueAtMs !== undefined && nowMs >= dueAtMs;
  if (!payment.exists) {
    if (isOverdue) return cancel;
    return isUnreserved(order) ? waitForGoods(dueAtMs ?? nowMs + GOODS_LOOK_MS) : beforeRequest(order);
  }
  const news = record(payment, order);
  if (news) return news;
  if (payment.status === "COMPLETED" || payment.status === "REFUNDED") return settle(payment, order);
  if (isOverdue) return cancel;
  if (payment.status === "FAILED" && dueAtMs !== undefined) {
    return {
      kind: "wait",
      untilMs: dueAtMs,
      waitingFor: "the end of the time that the order has to be paid in",
    };
  }
  return settle(payment, order);
}

/** Nothing is charged for what may turn out not to be there. */
function isUnreserved(order: ExistingOrder): boolean {
  return order.stock?.stage === "REQUESTED" && !isCalledOff(order);
}

/** The reservation wakes it; should that never come, an operator sees for what the payment waits. */
function waitForGoods(untilMs: number): PaymentStep {
  return { kind: "wait", untilMs, waitingFor: "the order's goods to be reserved" };
}

/** A day, in ms: only the slow net, and long enough to cost nothing. */
export const GOODS_LOOK_MS = 24 * 60 * 60 * 1_000;

const cancel: PaymentStep = { kind: "decide", on: "order", command: { type: "CancelOrder" } };

/** Whether the order is given up once its time to be paid has passed. What was shipped is owed for. */
function isWaited({ status, deleted, payment }: ExistingOrder): boolean {
  return status === "CREATED" && !deleted && payment !== "NONE";
}

function beforeRequest(order: ExistingOrder): PaymentStep {
  if (order.payment !== "PENDING") return done;
  const { orderId, currency } = order;
  const type = isCalledOff(order) ? "ForgoPayment" : "RequestPayment";
  const command = { type, orderId, amount: order.content.amount, currency } as const;
  return { kind: "decide", on: "payment", command };
}

/** The order hears of an outcome before anything follows from it. */
function record(payment: ExistingPayment, order: ExistingOrder): PaymentStep | undefined {
  if (payment.status === "PENDING" || !paymentMovesTo(order.payment, payment.status)) return undefined;
  return recordAs(order.orderId, payment.status);
}

function settle(payment: ExistingPayment, order: ExistingOrder): PaymentStep {
  const { status, refundRequested, orderId } = payment;
  if (status === "FAILED" || status === "REFUNDED") return done;
  if (isCalledOff(order) && !refundRequested) {
    return { kind: "decide", on: "payment", command: { type: "RequestRefund", orderId } };
  }
  switch (status) {
    case "PENDING":
      return ask(refundRequested ? "withdraw" : "charge", payment);
    case "UNKNOWN":
      return ask(refundRequested ? "withdraw" : "inquire", payment);
    case "COMPLETED":
      return refundRequested ? ask("refund", payment) : done;
  }
}

/** A charge and whatever is asked about it have one key, the order's id, known to the gateway for as long as it is. */
function ask(call: keyof PaymentCalls, { orderId, amount, currency }: ExistingPayment): PaymentStep {
  const key = call === "refund" ? `refund of ${orderId}` : orderId;
  return { kind: "call", call, key, request: { orderId, amount, currency } };
}

/** Deleting an order that was shipped tidies up, and what was delivered stays paid for. */
function isCalledOff(order: ExistingOrder): boolean {
  return order.status === "CANCELLED" || (order.deleted && order.status === "CREATED");
}

function recordAs(orderId: string, payment: RecordedPayment): PaymentStep {
  return { kind: "decide", on: "order", command: { type: "RecordPayment", paymentId: orderId, payment } };
}
