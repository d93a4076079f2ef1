import { expect, test } from "bun:test";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };
const product = { id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 };
const body = { userId: "user123", products: [product], totalAmount: 39.98 };

test("a user's products are an order, word for word", () => {
  expect(readNewOrder(body, context)).toEqual({
    ok: true,
    value: {
      type: "CreateOrder",
      orderId: "new-id",
      customer: "user123",
      lines: [{ productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 1999 }],
      amount: 3998,
      currency: "EUR",
      written: body,
    },
  });
});

test("the amount is the products' exact sum where none is named", () => {
  const products = [
    { ...product, price: 0.1, quantity: 3 },
    { ...product, id: 2, price: 0.2, quantity: 1 },
  ];
  expect(readNewOrder({ userId: "user123", products }, context)).toMatchObject({
    value: { amount: 50, lines: [{ productId: "prod-1" }, { productId: "2" }] },
  });
});

test("a total that is not the sum stands: it may hold a discount or a delivery", () => {
  expect(readNewOrder({ ...body, totalAmount: 35 }, context)).toMatchObject({ value: { amount: 3500 } });
});

test("each of a product's words is needed, and no other is taken", () => {
  for (const word of ["id", "name", "price", "quantity"]) {
    const { [word]: _, ...rest } = product as Record<string, unknown>;
    expect(readNewOrder({ ...body, products: [product, rest] }, context)).toEqual({
      ok: false,
      issues: [{ pointer: `/products/1/${word}`, message: "Missing" }],
    });
  }
  expect(readNewOrder({ ...body, products: [{ ...product, colour: "red" }] }, context)).toEqual({
    ok: false,
    issues: [{ pointer: "/products/0/colour", message: "Unknown word" }],
  });
});

test("products without a customer are refused, and either word names one", () => {
  expect(readNewOrder({ products: [product] }, context)).toEqual({
    ok: false,
    issues: [{ pointer: "/userId", message: "Missing" }],
  });
  expect(readNewOrder({ customer: "Alice", products: [product] }, context)).toMatchObject({
    value: { customer: "Alice" },
  });
});
