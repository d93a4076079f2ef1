// Storage format: these names and shapes never change. A new shape is a new schema version with an upcaster in codec.ts.
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

export type RecordedPayment = "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED";

type Nothing = Record<string, never>;

export type OrderEvent =
  | {
      readonly type: "OrderCreated";
      readonly data: OrderContent & {
        readonly orderId: string;
        readonly currency: string;
        /** The customer whose order it is; absent for the shop's own. What `customer` says is only a name on it. */
        readonly owner?: string;
      };
    }
  /** Holds the whole content after the change, so that a reader needs no other event to show it. */
  | { readonly type: "OrderChanged"; readonly data: OrderContent }
  | { readonly type: "OrderShipped"; readonly data: Nothing }
  | { readonly type: "OrderDelivered"; readonly data: Nothing }
  | { readonly type: "OrderCancelled"; readonly data: Nothing }
  /** The order is gone for its readers; its stream stays, so that its id is never given again. */
  | { readonly type: "OrderDeleted"; readonly data: Nothing }
  /** What became of the order's payment, carried over from the payment's own stream. */
  | {
      readonly type: "OrderPaymentRecorded";
      readonly data: { readonly paymentId: string; readonly payment: RecordedPayment };
    }
  /** Stock is kept of these goods of the order: they are reserved, in this order, before anything is paid. */
  | { readonly type: "OrderStockRequested"; readonly data: { readonly goods: readonly KeptGoods[] } }
  | { readonly type: "OrderStockReserved"; readonly data: Nothing }
  /** There is less of a SKU than was ordered: the order has ended. */
  | {
      readonly type: "OrderRefused";
      readonly data: { readonly reason: "stock_short"; readonly sku: string };
    }
  | { readonly type: "OrderStockDue"; readonly data: { readonly to: "release" | "commit" } }
  /** What was due has been done. */
  | { readonly type: "OrderStockSettled"; readonly data: Nothing };
