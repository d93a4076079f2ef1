import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import type { OrderContent } from "../events.ts";
import { expectedDocument, orderLife } from "../testing/order-lives.ts";
import { contentOf, printContent, printDocument } from "./document.ts";
import { documentOf, type OrderRow, ordersModel, restore } from "./model.ts";

const life = {
  id: "order-1",
  status: "CREATED",
  payment: "PENDING",
  version: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-02T00:00:00.000Z",
} as const;

const canonical = { ...life, currency: "USD" };

function read(content: OrderContent): unknown {
  return JSON.parse(printDocument(life, printContent(content, "USD")));
}

describe("an order reads back in the words it was written in, beside the canonical form", () => {
  test("customer and items", () => {
    const items = ["pen", "notebook"];
    const lines = items.map((name) => ({ name, quantity: 1 }));
    expect(read({ customer: "Alice", lines, amount: 0, written: { customer: "Alice", items } })).toEqual({
      ...canonical,
      customer: "Alice",
      lines,
      amount: 0,
      items,
    });
  });

  test("userId, products and totalAmount", () => {
    const products = [{ id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 }];
    const written = { userId: "user123", products, totalAmount: 39.98 };
    const lines = [{ productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 1999 }];
    expect(read({ customer: "user123", lines, amount: 3998, written })).toEqual({
      ...canonical,
      customer: "user123",
      lines: [{ productId: "prod-1", name: "Product 1", quantity: 2, unitPrice: 19.99 }],
      amount: 39.98,
      ...written,
    });
  });

  test("orderId, product and quantity", () => {
    const written = { orderId: 123, product: "Laptop", quantity: 1 };
    const lines = [{ name: "Laptop", quantity: 1 }];
    expect(read({ customer: null, lines, amount: 0, written })).toEqual({
      ...canonical,
      customer: null,
      lines,
      amount: 0,
      ...written,
    });
  });

  test("amount alone", () => {
    expect(read({ customer: null, lines: [], amount: 50000, written: { amount: 500 } })).toEqual({
      ...canonical,
      customer: null,
      lines: [],
      amount: 500,
    });
  });
});

test("no written word says where an order stands", () => {
  const written = { id: "x", status: "SHIPPED", payment: "NONE", version: 9, createdAt: "", updatedAt: "" };
  expect(read({ customer: null, lines: [], amount: 0, written })).toEqual({
    ...canonical,
    customer: null,
    lines: [],
    amount: 0,
  });
});

test("a document that the projection did not print is not taken apart", () => {
  expect(() => contentOf('{"id":"order-1"}', life)).toThrow("not one that its projection printed");
});

describe("whatever happens to an order", () => {
  test("its document is what the domain's own fold of its events says", () => {
    fc.assert(
      fc.property(orderLife("order-1"), (events) => {
        expect(lastDocument(events, (row) => row)).toEqual(expectedDocument(events));
      }),
      propertyRun(),
    );
  });

  test("it is the same document where the row is stored and read back after each event", () => {
    fc.assert(
      fc.property(orderLife('id "with": quotes'), (events) => {
        expect(lastDocument(events, readBack)).toEqual(expectedDocument(events));
      }),
      propertyRun(),
    );
  });
});

function lastDocument(events: Parameters<typeof expectedDocument>[0], between: (row: OrderRow) => OrderRow) {
  let row: OrderRow | undefined;
  for (const [offset, event] of events.entries()) {
    row = ordersModel.past.next(row && between(row), { event, partition: 0, offset });
  }
  return row && !row.value.order.deleted ? JSON.parse(documentOf(row)) : undefined;
}

/** The row as it is after it was stored. */
function readBack(row: OrderRow): OrderRow {
  const { customerKey: customer, order } = row.value;
  const { owner = null, status, payment, currency, deleted, content } = order;
  const [stock, shortOf] = [order.stock?.stage ?? null, order.stock?.shortOf ?? null];
  const columns = {
    stock,
    shortOf,
    owner,
    status,
    payment,
    customer,
    amount: content.amount,
    currency,
    deleted,
  };
  const value = restore({ id: row.id, version: row.version, ...columns, document: documentOf(row) });
  return { ...row, value };
}
