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
  /** Whose it is to be, by who asked: no body says so. */
  readonly owner?: string;
  /** What it costs, where who asks may not say so: no body holds it. */
  readonly list?: PriceList;
  /** What of it is kept in stock, as it was when it was asked for: no body says so. */
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
/** A status that an order is in from the start; asking for it changes nothing. */
export interface KeepOrderCreated {
  readonly type: "KeepOrderCreated";
}
export interface ShipOrder {
  readonly type: "ShipOrder";
  /** By the shop's settings: not before what is to be paid is paid. */
  readonly afterPayment?: true;
}
export interface DeliverOrder {
  readonly type: "DeliverOrder";
}
export interface CancelOrder {
  readonly type: "CancelOrder";
}
export interface DeleteOrder {
  readonly type: "DeleteOrder";
}
/** From the payment process only: no client may say that an order is paid. */
export interface RecordPayment {
  readonly type: "RecordPayment";
  readonly paymentId: string;
  readonly payment: RecordedPayment;
}

/** From the reservations process only, as are the next two. */
export interface RecordStockReserved {
  readonly type: "RecordStockReserved";
}
/** There is too little of the SKU. */
export interface RefuseOrder {
  readonly type: "RefuseOrder";
  readonly sku: string;
}
export interface SettleStock {
  readonly type: "SettleStock";
  readonly as: "released" | "committed";
}

export type OrderCommand =
  | CreateOrder
  | ChangeOrder
  | KeepOrderCreated
  | ShipOrder
  | DeliverOrder
  | CancelOrder
  | DeleteOrder
  | RecordPayment
  | RecordStockReserved
  | RefuseOrder
  | SettleStock;
