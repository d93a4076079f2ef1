import type { OrderContent } from "./events.ts";

export type OrderStatus = "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED";
export type OrderPayment = "NONE" | "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED";

export type OrderState = { readonly exists: false } | ExistingOrder;

export interface ExistingOrder {
  readonly exists: true;
  /** Deleted orders keep their last state, so that a late payment can still be sent back. */
  readonly deleted: boolean;
  readonly orderId: string;
  readonly owner?: string;
  readonly currency: string;
  readonly status: OrderStatus;
  readonly payment: OrderPayment;
  readonly content: OrderContent;
}
