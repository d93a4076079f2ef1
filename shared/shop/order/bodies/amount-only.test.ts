import { expect, test } from "bun:test";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

test("a bare amount is an order, word for word", () => {
  expect(readNewOrder({ amount: 500 }, context)).toEqual({
    ok: true,
    value: {
      type: "CreateOrder",
      orderId: "new-id",
      customer: null,
      lines: [],
      amount: 50_000,
      currency: "EUR",
      written: { amount: 500 },
    },
  });
});

test("the other word for it does too, and a customer may stand beside it", () => {
  expect(readNewOrder({ totalAmount: 0.29, customer: "Alice" }, context)).toMatchObject({
    value: { amount: 29, customer: "Alice", written: { totalAmount: 0.29, customer: "Alice" } },
  });
});
