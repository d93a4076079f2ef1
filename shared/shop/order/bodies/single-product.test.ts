import { expect, test } from "bun:test";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

test("one product under the client's own id is an order, word for word", () => {
  const body = { orderId: "123", product: "Laptop", quantity: 1 };
  expect(readNewOrder(body, context)).toEqual({
    ok: true,
    value: {
      type: "CreateOrder",
      orderId: "123",
      customer: null,
      lines: [{ name: "Laptop", quantity: 1 }],
      amount: 0,
      currency: "EUR",
      written: body,
    },
  });
});

test("an id that is a number reads back as a number", () => {
  expect(readNewOrder({ orderId: 123, product: "Laptop", quantity: 1 }, context)).toMatchObject({
    value: { orderId: "123", written: { orderId: 123 } },
  });
});

test("a product without its quantity is refused", () => {
  expect(readNewOrder({ product: "Laptop" }, context)).toEqual({
    ok: false,
    issues: [{ pointer: "/quantity", message: "Missing" }],
  });
});
