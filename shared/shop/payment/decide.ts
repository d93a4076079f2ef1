// What may become of a payment. Pure: imports nothing but the domain and money.
//
// A payment's id is its order's id: one order, one payment.
import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import type { MinorUnits } from "../money.ts";

interface Charged {
  readonly orderId: string;
  readonly amount: MinorUnits;
  readonly currency: string;
}
interface Settled {
  readonly orderId: string;
  readonly gatewayReference: string;
}

/** All of them come from the payment process; none is offered to clients. */
export type PaymentCommand =
  | ({ readonly type: "RequestPayment" } & Charged)
  /** The order was called off before anything was asked of the gateway: the payment has failed, whatever is asked later. */
  | ({ readonly type: "ForgoPayment" } & Charged)
  | ({ readonly type: "CompletePayment" } & Settled)
  | { readonly type: "FailPayment"; readonly orderId: string; readonly reason: string }
  | { readonly type: "MarkPaymentUnknown"; readonly orderId: string; readonly cause: string }
  | { readonly type: "RequestRefund"; readonly orderId: string }
  | ({ readonly type: "CompleteRefund" } & Settled);

/** Storage format, names too. */
export type PaymentEvent =
  | { readonly type: "PaymentRequested"; readonly data: Charged }
  | { readonly type: "PaymentCompleted"; readonly data: Settled }
  | { readonly type: "PaymentFailed"; readonly data: { readonly orderId: string; readonly reason: string } }
  /** The gateway was asked and gave no answer that can be trusted: the money may or may not have moved. */
  | {
      readonly type: "PaymentOutcomeUnknown";
      readonly data: { readonly orderId: string; readonly cause: string };
    }
  /** The order was called off: whatever was or will be taken goes back. */
  | { readonly type: "PaymentRefundRequested"; readonly data: { readonly orderId: string } }
  | { readonly type: "PaymentRefunded"; readonly data: Settled };

export const PAYMENT_STATUSES = ["PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export interface ExistingPayment extends Charged {
  readonly exists: true;
  readonly status: PaymentStatus;
  /** The order was called off: once money is known to have been taken it must go back. */
  readonly refundRequested: boolean;
}
export type PaymentState = { readonly exists: false } | ExistingPayment;

export type PaymentRefusal =
  | { readonly code: "payment_not_found" }
  | { readonly code: "payment_already_settled" }
  | { readonly code: "payment_not_completed" };

/** Every command may come again after a crash: what already holds is accepted with no events. */
export const paymentDecider: Decider<PaymentCommand, PaymentState, PaymentEvent, PaymentRefusal> = {
  category: "payment",
  initialState: { exists: false },
  evolve,
  decide,
};

type PaymentDecision = Decision<PaymentEvent, PaymentRefusal>;
type Command<Type extends PaymentCommand["type"]> = Extract<PaymentCommand, { type: Type }>;

function decide(command: PaymentCommand, state: PaymentState): PaymentDecision {
  if (command.type === "RequestPayment") return request(command, state);
  if (command.type === "ForgoPayment") return forgo(command, state);
  if (!state.exists) return refuse({ code: "payment_not_found" });

  switch (command.type) {
    case "CompletePayment":
      return complete(command, state);
    case "FailPayment":
      return fail(command, state);
    case "MarkPaymentUnknown":
      return markUnknown(command, state);
    case "RequestRefund":
      return requestRefund(command, state);
    case "CompleteRefund":
      return completeRefund(command, state);
  }
}

/** One order, one payment: asking for another amount under the same order is refused. */
function request({ type: _, ...data }: Command<"RequestPayment">, state: PaymentState): PaymentDecision {
  if (!state.exists) return accept({ type: "PaymentRequested", data });
  const same = state.amount === data.amount && state.currency === data.currency;
  return same ? accept() : refuse({ code: "payment_already_settled" });
}

/** Where the payment was asked for after all, it is settled like any other that was called off. */
function forgo({ type: _, ...data }: Command<"ForgoPayment">, state: PaymentState): PaymentDecision {
  if (state.exists) return accept();
  const { orderId } = data;
  return accept(
    { type: "PaymentRequested", data },
    { type: "PaymentFailed", data: { orderId, reason: "The order was called off before anything was paid" } },
  );
}

function complete(
  { orderId, gatewayReference }: Command<"CompletePayment">,
  payment: ExistingPayment,
): PaymentDecision {
  switch (payment.status) {
    case "PENDING":
    case "UNKNOWN":
      return accept({ type: "PaymentCompleted", data: { orderId, gatewayReference } });
    case "COMPLETED":
    case "REFUNDED":
      return accept();
    case "FAILED":
      return refuse({ code: "payment_already_settled" });
  }
}

function fail({ orderId, reason }: Command<"FailPayment">, payment: ExistingPayment): PaymentDecision {
  switch (payment.status) {
    case "PENDING":
    case "UNKNOWN":
      return accept({ type: "PaymentFailed", data: { orderId, reason } });
    case "FAILED":
      return accept();
    case "COMPLETED":
    case "REFUNDED":
      return refuse({ code: "payment_already_settled" });
  }
}

/** Not knowing is news only while nothing is known. */
function markUnknown(
  { orderId, cause }: Command<"MarkPaymentUnknown">,
  payment: ExistingPayment,
): PaymentDecision {
  if (payment.status !== "PENDING") return accept();
  return accept({ type: "PaymentOutcomeUnknown", data: { orderId, cause } });
}

/** A payment that failed took nothing, and one that was refunded gave it back: neither has a refund to ask for. */
function requestRefund({ orderId }: Command<"RequestRefund">, payment: ExistingPayment): PaymentDecision {
  const over = payment.status === "FAILED" || payment.status === "REFUNDED";
  if (over || payment.refundRequested) return accept();
  return accept({ type: "PaymentRefundRequested", data: { orderId } });
}

function completeRefund(
  { orderId, gatewayReference }: Command<"CompleteRefund">,
  payment: ExistingPayment,
): PaymentDecision {
  switch (payment.status) {
    case "COMPLETED":
      return accept({ type: "PaymentRefunded", data: { orderId, gatewayReference } });
    case "REFUNDED":
      return accept();
    case "PENDING":
    case "UNKNOWN":
    case "FAILED":
      return refuse({ code: "payment_not_completed" });
  }
}

/** Throws where an event stands before its PaymentRequested: such a stream is damaged. */
function evolve(state: PaymentState, event: PaymentEvent): PaymentState {
  switch (event.type) {
    case "PaymentRequested":
      return { exists: true, ...event.data, status: "PENDING", refundRequested: false };
    case "PaymentCompleted":
      return { ...existing(state, event), status: "COMPLETED" };
    case "PaymentFailed":
      return { ...existing(state, event), status: "FAILED" };
    case "PaymentOutcomeUnknown":
      return { ...existing(state, event), status: "UNKNOWN" };
    case "PaymentRefundRequested":
      return { ...existing(state, event), refundRequested: true };
    case "PaymentRefunded":
      return { ...existing(state, event), status: "REFUNDED" };
  }
}

function existing(state: PaymentState, event: PaymentEvent): ExistingPayment {
  if (!state.exists) throw new Error(`${event.type} stands before PaymentRequested in its stream`);
  return state;
}
