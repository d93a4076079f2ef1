import { expect, test } from "bun:test";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

test("the form that orders read back in can be written too", () => {
  const lines = [
    { productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 19.99 },
    { name: "Product 2", quantity: 1, unitPrice: 0 },
  ];
  const body = { customer: "Alice", lines, amount: 39.98, currency: "EUR" };
  expect(readNewOrder(body, context)).toEqual({
    ok: true,
    value: {
      type: "CreateOrder",
      orderId: "new-id",
      customer: "Alice",
      lines: [
        { productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 1999 },
        { name: "Product 2", quantity: 1, unitPrice: 0 },
      ],
      amount: 3998,
      currency: "EUR",
      written: body,
    },
  });
});

test("lines of which one has no price come to no amount", () => {
  const lines = [
    { name: "pen", quantity: 2, unitPrice: 19.99 },
    { name: "gift", quantity: 1 },
  ];
  expect(readNewOrder({ lines }, context)).toMatchObject({ value: { amount: 0, customer: null } });
});
