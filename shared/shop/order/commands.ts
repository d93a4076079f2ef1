import type { MinorUnits } from "../money.ts";
import type { OrderLine, RecordedPayment, WrittenWords } from "./events.ts";
import type { PriceList } from "./pricing.ts";
import type { KeptGoods } from "./stock-life.ts";

/** `orderId` is the stream's id; content is canonical, `written` keeps the dialect's words. */
export interface CreateOrder {
  readonly type: "CreateOrder";
  readonly orderId: string;
  readonly customer: string | null;
  readonly lines: readonly OrderLine[];
  readonly amount: MinorUnits;
  readonly currency: string;
  readonly written: WrittenWords;
  /** The customer who asked, whose order it will be; no body says so. */
  readonly owner?: string;
  /** The shop's prices, where the customer who asked may not name any; no body holds them. */
  readonly list?: PriceList;
  /** The goods in it that stock was kept of at the time of asking; no body says so. */
  readonly goods?: readonly KeptGoods[];
}
/** Absent fields stay as they are. `written` holds only the words that this change was written in. */
export interface ChangeOrder {
  readonly type: "ChangeOrder";
  readonly customer?: string | null;
  readonly lines?: readonly OrderLine[];
  readonly amount?: MinorUnits;
  readonly written: WrittenWords;
  /** As in CreateOrder. */
  readonly list?: PriceList;
  readonly goods?: readonly KeptGoods[];
}

export type OrderCommand =
  | CreateOrder
  | ChangeOrder
  /** The status that an order is in from the start is asked for: nothing changes. */
  | { readonly type: "KeepOrderCreated" }
  /** `afterPayment`: by the shop's settings an order is not shipped before what is to be paid is paid. */
  | { readonly type: "ShipOrder"; readonly afterPayment?: true }
  | { readonly type: "DeliverOrder" }
  | { readonly type: "CancelOrder" }
  | { readonly type: "DeleteOrder" }
  /** From the payment process only: no client may say that an order is paid. */
  | { readonly type: "RecordPayment"; readonly paymentId: string; readonly payment: RecordedPayment }
  /** From the reservations process only, as are the next two. */
  | { readonly type: "RecordStockReserved" }
  /** There is too little of the SKU. */
  | { readonly type: "RefuseOrder"; readonly sku: string }
  | { readonly type: "SettleStock"; readonly as: "released" | "committed" };

export type Command<Type extends OrderCommand["type"]> = Extract<OrderCommand, { readonly type: Type }>;
