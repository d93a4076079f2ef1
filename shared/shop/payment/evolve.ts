import type { PaymentEvent } from "./events.ts";
import type { ExistingPayment, PaymentState } from "./state.ts";

/** Throws where an event stands before its PaymentRequested: such a stream is damaged. */
export function evolve(state: PaymentState, event: PaymentEvent): PaymentState {
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
