// The life of an order's goods that stock is kept of. An order of other goods must never have one: it has no such events, and
// costs nothing more.
//
//   REQUESTED ──▶ RESERVED ──▶ COMMITTING ──▶ COMMITTED      shipped
//       └─────────────┴──────▶ RELEASING ───▶ RELEASED       refused, called off, or not paid
//
// What is due stands in the order's own stream, beside the event that it follows from. The reservations process carries it
// out, and records that it has.
import type { OrderEvent, OrderLine } from "./events.ts";
import type { ExistingOrder, OrderStock } from "./state.ts";

/** Units of one SKU, of all of the order's lines together. */
export interface KeptGoods {
  readonly sku: string;
  readonly quantity: number;
}

export const STOCK_STAGES = [
  "REQUESTED",
  "RESERVED",
  "RELEASING",
  "RELEASED",
  "COMMITTING",
  "COMMITTED",
] as const;

/** The SKUs that the lines name, in order, each once. */
export function skusOf(lines: readonly OrderLine[]): string[] {
  return [...new Set(lines.flatMap(({ productId }) => productId ?? []))].sort();
}

/**
 * One entry a SKU that is kept, in the one order in which all orders reserve: of two that want the same SKUs, one gets all
 * of them.
 */
export function keptGoods(lines: readonly OrderLine[], isKept: (sku: string) => boolean): KeptGoods[] {
  return skusOf(lines)
    .filter(isKept)
    .map((sku) => {
      const own = lines.filter(({ productId }) => productId === sku);
      return { sku, quantity: own.reduce((sum, { quantity }) => sum + quantity, 0) };
    });
}

/** The event that says what is due to the order's goods now; none where nothing is. */
export function stockDue(order: ExistingOrder): readonly OrderEvent[] {
  const { stock } = order;
  if (stock?.stage !== "REQUESTED" && stock?.stage !== "RESERVED") return [];
  if (order.status === "SHIPPED" || order.status === "DELIVERED") {
    return [{ type: "OrderStockDue", data: { to: "commit" } }];
  }
  const isGivenUp = order.status === "CANCELLED" || order.deleted || order.payment === "FAILED";
  return isGivenUp ? [{ type: "OrderStockDue", data: { to: "release" } }] : [];
}

export function stockAfter(stock: OrderStock, event: StockStage): OrderStock {
  switch (event.type) {
    case "OrderStockReserved":
      return { ...stock, stage: "RESERVED", wasReserved: true };
    case "OrderStockDue":
      return { ...stock, stage: event.data.to === "release" ? "RELEASING" : "COMMITTING" };
    case "OrderStockSettled":
      return { ...stock, stage: stock.stage === "RELEASING" ? "RELEASED" : "COMMITTED" };
  }
}

/** How many of the goods, from the first, the order has had for certain: each SKU is reserved after the one before it. */
export function reservedCount({ goods, shortOf, wasReserved = false }: OrderStock): number {
  if (wasReserved) return goods.length;
  return Math.max(
    goods.findIndex(({ sku }) => sku === shortOf),
    0,
  );
}

type StockStage = Extract<OrderEvent, { type: `OrderStock${"Reserved" | "Due" | "Settled"}` }>;
