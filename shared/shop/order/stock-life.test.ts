import { describe, expect, test } from "bun:test";
import { given } from "@millrace/testing/given-when-then";
import type { CreateOrder, OrderCommand } from "./commands.ts";
import { orderDecider } from "./decide.ts";
import type { OrderEvent } from "./events.ts";
import { keptGoods } from "./stock-life.ts";

const goods = [{ sku: "pen", quantity: 2 }];
const lines = [{ productId: "pen", name: "Pen", quantity: 2 }];
const { type: _, ...data } = {
  type: "CreateOrder",
  orderId: "order-1",
  ...{ customer: "Alice", lines, amount: 500, currency: "EUR", written: {} },
} satisfies CreateOrder;
const created: OrderEvent = { type: "OrderCreated", data };
const requested: OrderEvent = { type: "OrderStockRequested", data: { goods } };
const reserved: OrderEvent = { type: "OrderStockReserved", data: {} };
const refused: OrderEvent = { type: "OrderRefused", data: { reason: "stock_short", sku: "pen" } };
const shipped: OrderEvent = { type: "OrderShipped", data: {} };
const cancelled: OrderEvent = { type: "OrderCancelled", data: {} };
const due = (to: "release" | "commit"): OrderEvent => ({ type: "OrderStockDue", data: { to } });
const settled: OrderEvent = { type: "OrderStockSettled", data: {} };
const failed: OrderEvent = {
  type: "OrderPaymentRecorded",
  data: { paymentId: "order-1", payment: "FAILED" },
};

const open = [created, requested];
const refuse: OrderCommand = { type: "RefuseOrder", sku: "pen" };

// Seen to fail: `skusOf` without `sort`.
test("goods are reserved in one order whatever order the lines are in, and the lines of one SKU as one", () => {
  const line = (productId: string, quantity: number) => ({ productId, name: productId, quantity });
  const asked = [line("pen", 1), line("ink", 2), { name: "paper", quantity: 9 }, line("pen", 3)];
  const expected = [
    { sku: "ink", quantity: 2 },
    { sku: "pen", quantity: 4 },
  ];
  expect(keptGoods(asked, () => true)).toEqual(expected);
  expect(keptGoods(asked.toReversed(), () => true)).toEqual(expected);
  expect(keptGoods(asked, (sku) => sku === "pen")).toEqual([{ sku: "pen", quantity: 4 }]);
});

describe("an order of goods that stock is kept of", () => {
  test("asks for them in the breath in which it is created, and one of others does not", () => {
    given(orderDecider, [])
      .when({ type: "CreateOrder", ...data, goods })
      .then(open);
    given(orderDecider, [])
      .when({ type: "CreateOrder", ...data, goods: [] })
      .then([created]);
  });
  test("is not shipped before they are reserved", () => {
    given(orderDecider, open).when({ type: "ShipOrder" }).thenRefused("order_stock_open");
    given(orderDecider, [...open, reserved])
      .when({ type: "ShipOrder" })
      .then([shipped, due("commit")]);
  });
  // Seen to fail: `stockDue` without `order.status === "CANCELLED"`, without `order.payment === "FAILED"`.
  test("lets them go when it is called off, deleted, refused, or its payment has failed", () => {
    for (const before of [open, [...open, reserved]]) {
      given(orderDecider, before)
        .when({ type: "CancelOrder" })
        .then([cancelled, due("release")]);
      given(orderDecider, before)
        .when({ type: "DeleteOrder" })
        .then([{ type: "OrderDeleted", data: {} }, due("release")]);
    }
    given(orderDecider, open)
      .when(refuse)
      .then([refused, due("release")]);
    given(orderDecider, [...open, reserved])
      .when({ type: "RecordPayment", paymentId: "order-1", payment: "FAILED" })
      .then([failed, due("release")]);
  });
  test("has them for good once it was shipped", () => {
    const gone = [...open, reserved, shipped, due("commit")];
    given(orderDecider, gone)
      .when({ type: "RecordPayment", paymentId: "order-1", payment: "FAILED" })
      .then([failed]);
    given(orderDecider, gone).when({ type: "SettleStock", as: "committed" }).then([settled]);
    given(orderDecider, gone)
      .when({ type: "DeleteOrder" })
      .then([{ type: "OrderDeleted", data: {} }]);
  });
  test("hears of each step once, and late news changes nothing", () => {
    given(orderDecider, [...open, reserved])
      .when([{ type: "RecordStockReserved" }, refuse])
      .then([]);
    const called = [...open, cancelled, due("release")];
    given(orderDecider, called)
      .when([{ type: "RecordStockReserved" }, refuse])
      .then([]);
    given(orderDecider, [...called, settled])
      .when({ type: "SettleStock", as: "released" })
      .then([]);
  });
  test("never ends in two ways: news of the other one is refused", () => {
    const called = [...open, cancelled, due("release")];
    for (const before of [called, [...called, settled], open, [...open, reserved]]) {
      given(orderDecider, before)
        .when({ type: "SettleStock", as: "committed" })
        .thenRefused("order_stock_contradicted");
    }
    given(orderDecider, [...open, reserved, shipped, due("commit")])
      .when({ type: "SettleStock", as: "released" })
      .thenRefused("order_stock_contradicted");
  });
  test("has the lines that it was created with, and no other order comes by such goods in a change", () => {
    const other = [{ productId: "ink", name: "Ink", quantity: 1 }];
    const change: OrderCommand = { type: "ChangeOrder", lines: other, written: {} };
    given(orderDecider, [...open, reserved])
      .when(change)
      .thenRefused("order_stock_settled");
    given(orderDecider, [created])
      .when({ ...change, goods })
      .thenRefused("order_stock_settled");
    given(orderDecider, [...open, reserved])
      .when({ type: "ChangeOrder", customer: "Bob", written: {} })
      .then([{ type: "OrderChanged", data: { ...contentOf(data), customer: "Bob" } }]);
  });
});

function contentOf({ customer, lines, amount, written }: typeof data) {
  return { customer, lines, amount, written };
}
