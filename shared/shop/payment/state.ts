import type { MinorUnits } from "../money.ts";

export const PAYMENT_STATUSES = ["PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const;

export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

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
