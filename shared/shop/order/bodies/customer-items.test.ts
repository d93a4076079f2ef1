import { expect, test } from "bun:test";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

test("a customer's items are an order, word for word", () => {
  expect(readNewOrder({ customer: "Alice", items: ["pen", "notebook"] }, context)).toEqual({
    ok: true,
    value: {
      type: "CreateOrder",
      orderId: "new-id",
      customer: "Alice",
      lines: [
        { name: "pen", quantity: 1 },
        { name: "notebook", quantity: 1 },
      ],
      amount: 0,
      currency: "EUR",
      written: { customer: "Alice", items: ["pen", "notebook"] },
    },
  });
});

test("an item named twice is two lines", () => {
  expect(readNewOrder({ customer: "Alice", items: ["pen", "pen"] }, context)).toMatchObject({
    value: { lines: [{ name: "pen" }, { name: "pen" }] },
  });
});

test("items without a customer are refused, and either word names one", () => {
  expect(readNewOrder({ items: ["pen"] }, context)).toEqual({
    ok: false,
    issues: [{ pointer: "/customer", message: "Missing" }],
  });
  expect(readNewOrder({ userId: 7, items: ["pen"] }, context)).toMatchObject({
    value: { customer: "7", written: { userId: 7, items: ["pen"] } },
  });
});

test("an item that is not text is pointed at", () => {
  expect(readNewOrder({ customer: "Alice", items: ["pen", 5, {}] }, context)).toEqual({
    ok: false,
    issues: [
      { pointer: "/items/1", message: "Must be text" },
      { pointer: "/items/2", message: "Must be text" },
    ],
  });
});
