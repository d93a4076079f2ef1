import type { MinorUnits } from "../money.ts";

/** Storage format. A payment's id is its order's id: one order, one payment. */
export interface PaymentRequested {
  readonly type: "PaymentRequested";
  readonly data: { readonly orderId: string; readonly amount: MinorUnits; readonly currency: string };
}
export interface PaymentCompleted {
  readonly type: "PaymentCompleted";
  readonly data: { readonly orderId: string; readonly gatewayReference: string };
}
export interface PaymentFailed {
  readonly type: "PaymentFailed";
  readonly data: { readonly orderId: string; readonly reason: string };
}
/** The gateway was asked and gave no answer that can be trusted: the money may or may not have moved. */
export interface PaymentOutcomeUnknown {
  readonly type: "PaymentOutcomeUnknown";
  readonly data: { readonly orderId: string; readonly cause: string };
}
/** The order was called off: whatever was or will be taken goes back. */
export interface PaymentRefundRequested {
  readonly type: "PaymentRefundRequested";
  readonly data: { readonly orderId: string };
}
export interface PaymentRefunded {
  readonly type: "PaymentRefunded";
  readonly data: { readonly orderId: string; readonly gatewayReference: string };
}

export type PaymentEvent =
  | PaymentRequested
  | PaymentCompleted
  | PaymentFailed
  | PaymentOutcomeUnknown
  | PaymentRefundRequested
  | PaymentRefunded;
