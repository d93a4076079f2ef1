import type { OrderContent } from "./events.ts";
import type { KeptGoods, STOCK_STAGES } from "./stock-life.ts";

export const ORDER_STATUSES = ["CREATED", "SHIPPED", "DELIVERED", "CANCELLED"] as const;
export const ORDER_PAYMENTS = ["NONE", "PENDING", "COMPLETED", "FAILED", "UNKNOWN", "REFUNDED"] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];
export type OrderPayment = (typeof ORDER_PAYMENTS)[number];

export type OrderState = { readonly exists: false } | ExistingOrder;

export interface OrderStock {
  readonly stage: (typeof STOCK_STAGES)[number];
  readonly goods: readonly KeptGoods[];
  /** The SKU that there was too little of. */
  readonly shortOf?: string;
  /** All of them were, whatever has become of them since. */
  readonly wasReserved?: boolean;
}

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
  /** Absent where nobody keeps stock of anything in it. */
  readonly stock?: OrderStock;
}
