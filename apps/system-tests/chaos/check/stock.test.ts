// The checker of the goods has to find each thing that can go wrong with them: a chaos run proves no more than it looks at.
import { expect, test } from "bun:test";
import { createFindings, isClean } from "./finding.ts";
import { compareStock, type OrderOfKept, type ShelfEvent } from "./stock.ts";

const received: ShelfEvent = { sku: "pen", type: "StockReceived", data: { quantity: 2 } };
const event = (type: string, orderId: string, quantity = 1): ShelfEvent => ({
  sku: "pen",
  type,
  data: { orderId, quantity },
});
const reserved = (orderId: string, quantity?: number) => event("StockReserved", orderId, quantity);
const released = (orderId: string, quantity?: number) => event("StockReleased", orderId, quantity);
const committed = (orderId: string, quantity?: number) => event("StockCommitted", orderId, quantity);

const order = (id: string, but: Partial<OrderOfKept> = {}): OrderOfKept => ({
  id,
  goods: [{ sku: "pen", quantity: 1 }],
  stock: "RESERVED",
  shortOf: null,
  status: "CREATED",
  payment: "COMPLETED",
  deleted: false,
  ...but,
});
const shipped = { stock: "COMMITTED", status: "SHIPPED" } as const;
const short = { stock: "RELEASED", shortOf: "pen", status: "CANCELLED", payment: "FAILED" } as const;
const cancelled = { stock: "RELEASED", status: "CANCELLED", payment: "REFUNDED" } as const;

function found(events: readonly ShelfEvent[], orders: readonly OrderOfKept[]) {
  const findings = createFindings();
  const counts = compareStock([received, ...events], orders, findings);
  return { findings, counts };
}

test("orders that were served, refused, called off and shipped are as they have to be", () => {
  const events = [
    reserved("served"),
    reserved("called-off"),
    released("short", 0),
    released("called-off"),
    reserved("shipped"),
    committed("shipped"),
  ];
  const orders = [
    order("served"),
    order("called-off", cancelled),
    order("short", short),
    order("shipped", shipped),
    order("never-reached", { ...cancelled, payment: "FAILED" }),
  ];
  const { findings, counts } = found(events, orders);
  expect(findings.examples).toEqual([]);
  expect(counts).toEqual({ ordersOfKept: 5, served: 2, short: 1 });
});

const WRONG: readonly [string, readonly ShelfEvent[], readonly OrderOfKept[]][] = [
  [
    "more is promised than there is",
    [reserved("a", 1), reserved("b", 1), reserved("c", 1)],
    ["a", "b", "c"].map((id) => order(id)),
  ],
  ["an order reserves twice", [reserved("a"), reserved("a")], [order("a")]],
  ["a reservation begins again", [reserved("a"), released("a"), reserved("a")], [order("a")]],
  ["a reservation ends twice", [reserved("a"), released("a"), released("a", 0)], [order("a", cancelled)]],
  ["more is shipped than was reserved", [reserved("a"), committed("a", 2)], [order("a", shipped)]],
  [
    "a count ends below what is promised",
    [reserved("a"), { ...received, type: "StockCounted", data: { onHand: 0 } }],
    [order("a")],
  ],
  ["an order believes to have what the shelf does not know of", [], [order("a")]],
  ["the shelf keeps for an order what it gave up", [reserved("a")], [order("a", cancelled)]],
  ["what was shipped stays on the shelf", [reserved("a")], [order("a", shipped)]],
  ["the shelf keeps what nobody asked for", [reserved("a")], []],
  ["goods are never settled", [reserved("a")], [order("a", { stock: "RELEASING", status: "CANCELLED" })]],
  ["goods are reserved and never paid", [reserved("a")], [order("a", { payment: "PENDING" })]],
  ["goods are let go for no reason", [reserved("a"), released("a")], [order("a", { stock: "RELEASED" })]],
  ["one that was refused goes on", [], [order("a", { ...short, status: "CREATED" })]],
  ["one that was refused has paid", [], [order("a", { ...short, payment: "COMPLETED" })]],
];

test.each(WRONG)("%s: it is found", (_, events, orders) => {
  expect(isClean(found(events, orders).findings)).toBe(false);
});
