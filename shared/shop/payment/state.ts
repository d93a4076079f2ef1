import type { MinorUnits } from "../money.ts";

export type PaymentStatus = "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED";

export type PaymentState = { readonly exists: false } | ExistingPayment;

export interface ExistingPayment {
  readonly exists: true;
  readonly orderId: string;
  readonly amount: MinorUnits;
  readonly currency: string;
  readonly status: PaymentStatus;
  /** The order was called off: once money is known to have been taken it must go back. */
  readonly refundRequested: boolean;
}
