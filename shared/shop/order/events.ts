// Storage format: these names and shapes never change. A new shape is a new schema version with an upcaster
// in @millrace/contract.
import type { MinorUnits } from "../money.ts";
import type { KeptGoods } from "./stock-life.ts";

export interface OrderLine {
  readonly productId?: string;
  readonly name: string;
  readonly quantity: number;
  /** Minor units each; absent where the customer named no price. */
  readonly unitPrice?: MinorUnits;
}

/** The words an order was written in, as sent, so that it reads back in them. Keys are those of one dialect. */
export type WrittenWords = Readonly<Record<string, unknown>>;

/** What is asked of an order's content, in canonical form. */
export interface OrderContent {
  readonly customer: string | null;
  readonly lines: readonly OrderLine[];
  /** Minor units; 0 where there is nothing to pay. */
  readonly amount: MinorUnits;
  readonly written: WrittenWords;
}

export interface OrderCreated {
  readonly type: "OrderCreated";
  readonly data: OrderContent & {
    readonly orderId: string;
    readonly currency: string;
    /** Whose it is; absent for the shop's own. What `customer` says is only a name on it. */
    readonly owner?: string;
  };
}
/** Holds the whole content after the change, so that a reader needs no other event to show it. */
export interface OrderChanged {
  readonly type: "OrderChanged";
  readonly data: OrderContent;
}
export interface OrderShipped {
  readonly type: "OrderShipped";
  readonly data: Record<string, never>;
}
export interface OrderDelivered {
  readonly type: "OrderDelivered";
  readonly data: Record<string, never>;
}
export interface OrderCancelled {
  readonly type: "OrderCancelled";
  readonly data: Record<string, never>;
}
/** The order is gone for its readers; its stream stays, so that its id is never given again. */
export interface OrderDeleted {
  readonly type: "OrderDeleted";
  readonly data: Record<string, never>;
}
/** What became of the order's payment, carried over from the payment's own stream. */
export interface OrderPaymentRecorded {
  readonly type: "OrderPaymentRecorded";
  readonly data: { readonly paymentId: string; readonly payment: RecordedPayment };
}

/** Goods of it are kept in stock: they are to be reserved before anything is paid. */
export interface OrderStockRequested {
  readonly type: "OrderStockRequested";
  /** In the order in which they are reserved. */
  readonly data: { readonly goods: readonly KeptGoods[] };
}
export interface OrderStockReserved {
  readonly type: "OrderStockReserved";
  readonly data: Record<string, never>;
}
/** There is less of a SKU than was ordered: the order has ended. */
export interface OrderRefused {
  readonly type: "OrderRefused";
  readonly data: { readonly reason: "stock_short"; readonly sku: string };
}
export interface OrderStockDue {
  readonly type: "OrderStockDue";
  readonly data: { readonly to: "release" | "commit" };
}
/** What was due has been done. */
export interface OrderStockSettled {
  readonly type: "OrderStockSettled";
  readonly data: Record<string, never>;
}

export type RecordedPayment = "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED";

export type OrderEvent =
  | OrderCreated
  | OrderChanged
  | OrderShipped
  | OrderDelivered
  | OrderCancelled
  | OrderDeleted
  | OrderPaymentRecorded
  | OrderStockRequested
  | OrderStockReserved
  | OrderRefused
  | OrderStockDue
  | OrderStockSettled;
