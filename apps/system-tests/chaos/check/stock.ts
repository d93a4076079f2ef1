// The goods: what every shelf went through against what became of the orders that asked for it. The money of both is checked
// with the payments.
import type { Sql } from "@millrace/platform/postgres";
import { type Findings, find } from "./finding.ts";

/** An order of kept goods, as its readers see it in the end. */
export interface OrderOfKept {
  readonly id: string;
  readonly goods: readonly { readonly sku: string; readonly quantity: number }[];
  readonly stock: string | null;
  readonly shortOf: string | null;
  readonly status: string;
  readonly payment: string;
  readonly deleted: boolean;
}

export interface ShelfEvent {
  readonly sku: string;
  readonly type: string;
  readonly data: { readonly orderId?: string; readonly quantity?: number; readonly onHand?: number };
}

export async function checkStock(sql: Sql, findings: Findings): Promise<StockCounts> {
  const events = await sql<ShelfEvent[]>`
    select substr(stream, length('stock-') + 1) as sku, type, data from events
    where stream like 'stock-%' order by stream, version`;
  const orders = await sql<OrderOfKept[]>`
    select orders.id, asked.data -> 'goods' as goods, orders.stock, orders.short_of as "shortOf", orders.status,
      orders.payment, orders.deleted
    from events as asked join orders on asked.stream = 'order-' || orders.id
    where asked.type = 'OrderStockRequested'`;
  return compareStock(events, orders, findings);
}

export interface StockCounts {
  readonly ordersOfKept: number;
  /** Of those: that have their goods or had them shipped, and that there was too little for. */
  readonly served: number;
  readonly short: number;
}

export function compareStock(
  events: readonly ShelfEvent[],
  orders: readonly OrderOfKept[],
  findings: Findings,
): StockCounts {
  const shelves = shelvesOf(events, findings);
  for (const order of orders) {
    checkEnd(order, findings);
    for (const { sku, quantity } of order.goods) {
      const has = shelves.get(sku)?.has.get(order.id);
      const due = dueTo(order, quantity);
      if (has === due) continue;
      // Given up before anything of this SKU was reserved.
      if (due === "0 released" && has === undefined) continue;
      const about = `the shelf has ${has ?? "nothing"} of ${sku} and should have ${due}: ${JSON.stringify(order)}`;
      find(findings, "wrong", about);
    }
  }
  const asked = new Set(orders.flatMap(({ id, goods }) => goods.map(({ sku }) => `${sku} ${id}`)));
  for (const [sku, { has }] of shelves) {
    for (const id of has.keys()) {
      if (!asked.has(`${sku} ${id}`)) find(findings, "wrong", `${id} has ${sku} and never asked for it`);
    }
  }
  return {
    ordersOfKept: orders.length,
    served: orders.filter(({ stock }) => stock === "RESERVED" || stock === "COMMITTED").length,
    short: orders.filter(({ shortOf }) => shortOf !== null).length,
  };
}

interface Shelf {
  onHand: number;
  reserved: number;
  /** By order: how many units, and what has become of them. */
  readonly has: Map<string, string>;
}

/** Counted anew, and by nothing of the code that decides. */
function shelvesOf(events: readonly ShelfEvent[], findings: Findings): Map<string, Shelf> {
  const shelves = new Map<string, Shelf>();
  const reserved = new Map<string, number>();
  for (const event of events) {
    const { sku, type, data } = event;
    const { orderId = "", quantity = 0, onHand = 0 } = data;
    const shelf = shelves.get(sku) ?? { onHand: 0, reserved: 0, has: new Map<string, string>() };
    shelves.set(sku, shelf);
    const place = `${sku} ${orderId}`;
    const about = `${type} of ${sku} for ${orderId} after ${shelf.has.get(orderId) ?? "nothing"}`;
    if (type === "StockReceived") shelf.onHand += quantity;
    else if (type === "StockCounted") shelf.onHand = onHand;
    else if (type === "StockReserved") {
      if (shelf.has.has(orderId)) find(findings, "twice", about);
      shelf.reserved += quantity;
      reserved.set(place, quantity);
      shelf.has.set(orderId, `${quantity} reserved`);
    } else {
      const held = reserved.get(place) ?? 0;
      const isFirst = !shelf.has.has(orderId) || reserved.has(place);
      if (!isFirst) find(findings, "twice", about);
      if (held !== quantity) find(findings, "wrong", `${quantity} units of ${held}: ${about}`);
      reserved.delete(place);
      shelf.reserved -= held;
      if (type === "StockCommitted") shelf.onHand -= held;
      shelf.has.set(orderId, type === "StockCommitted" ? `${held} committed` : "0 released");
    }
    if (shelf.reserved > shelf.onHand) {
      find(findings, "wrong", `${shelf.reserved} of ${shelf.onHand} units are promised: ${about}`);
    }
  }
  return shelves;
}

/** What the shelf has to say of it. */
function dueTo({ stock }: OrderOfKept, quantity: number): string {
  if (stock === "RESERVED") return `${quantity} reserved`;
  return stock === "COMMITTED" ? `${quantity} committed` : "0 released";
}

/** Reserved and paid, shipped, or without its goods for a reason that it shows. */
function checkEnd(order: OrderOfKept, findings: Findings): void {
  const { stock, shortOf, status, payment, deleted } = order;
  const isCalledOff = status === "CANCELLED" || deleted;
  const ends: Readonly<Record<string, boolean>> = {
    RESERVED: status === "CREATED" && !deleted && payment === "COMPLETED",
    COMMITTED: status === "SHIPPED" || status === "DELIVERED",
    RELEASED: isCalledOff || payment === "FAILED",
  };
  if (!ends[stock ?? ""])
    find(findings, "wrong", `ended neither served nor refused: ${JSON.stringify(order)}`);
  if (shortOf !== null && (status !== "CANCELLED" || payment !== "FAILED")) {
    find(findings, "wrong", `too little of ${shortOf}, and not refused unpaid: ${JSON.stringify(order)}`);
  }
}
