import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import type { PaymentCommand } from "./commands.ts";
import type { PaymentEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import type { PaymentRefusal } from "./refusals.ts";
import type { ExistingPayment, PaymentState } from "./state.ts";

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
