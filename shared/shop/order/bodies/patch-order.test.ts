import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { readOrderPatch } from "./patch-order.ts";

describe("a PATCH of an order", () => {
  test("asks for a status, in any case, word for word", () => {
    expect(readOrderPatch({ status: "shipped" }, "USD")).toEqual({
      ok: true,
      value: [{ type: "ShipOrder" }],
    });
    expect(readOrderPatch({ status: "Delivered" }, "USD")).toEqual({
      ok: true,
      value: [{ type: "DeliverOrder" }],
    });
    expect(readOrderPatch({ status: "CANCELLED" }, "USD")).toEqual({
      ok: true,
      value: [{ type: "CancelOrder" }],
    });
    expect(readOrderPatch({ status: "CREATED" }, "USD")).toEqual({
      ok: true,
      value: [{ type: "KeepOrderCreated" }],
    });
  });
  test("changes before it ships: afterwards it could not", () => {
    expect(readOrderPatch({ status: "shipped", customer: "Bob" }, "USD")).toEqual({
      ok: true,
      value: [{ type: "ChangeOrder", customer: "Bob", written: { customer: "Bob" } }, { type: "ShipOrder" }],
    });
  });
  test("changes lines in any dialect", () => {
    const products = [{ id: "1", name: "pen", price: 1.5, quantity: 2 }];
    const lines = [{ name: "pen", quantity: 2 }];
    for (const [body, line] of [
      [{ items: ["pen"] }, { name: "pen", quantity: 1 }],
      [{ products }, { productId: "1", name: "pen", quantity: 2, unitPrice: 150 }],
      [
        { product: "pen", quantity: 2 },
        { name: "pen", quantity: 2 },
      ],
      [{ lines }, { name: "pen", quantity: 2 }],
    ]) {
      expect(readOrderPatch(body, "USD")).toEqual({
        ok: true,
        value: [{ type: "ChangeOrder", lines: [line], written: body } as never],
      });
    }
  });
  test("changes customer and amount under either word", () => {
    expect(readOrderPatch({ userId: 7, totalAmount: 19.99 }, "USD")).toEqual({
      ok: true,
      value: [
        { type: "ChangeOrder", customer: "7", amount: 1999, written: { userId: 7, totalAmount: 19.99 } },
      ],
    });
  });
});

test("an amount named beside lines stands, whatever they would come to", () => {
  const lines = [{ name: "yacht", quantity: 2, unitPrice: 1_000_000_000 }];
  expect(readOrderPatch({ lines, amount: 5 }, "USD")).toMatchObject({ ok: true, value: [{ amount: 500 }] });
});

describe("a PATCH is refused", () => {
  for (const [body, pointer, message] of [
    [{}, "", "Must name what is to change"],
    [[], "", "Must be a JSON object"],
    [{ status: "lost" }, "/status", "Must be created, shipped, delivered or cancelled"],
    [{ status: 5 }, "/status", "Must be text"],
    [{ product: "pen" }, "/quantity", "Missing"],
    [{ quantity: 5 }, "/product", "Missing"],
    [{ items: ["pen"], product: "pen", quantity: 1 }, "/product", "Can't stand beside items"],
    [{ items: ["pen"], lines: [{ name: "pen", quantity: 1 }] }, "/lines", "Can't stand beside items"],
    [{ customer: "a", userId: "b" }, "/userId", "Must say the same as customer"],
    [{ amount: 1, totalAmount: 2 }, "/totalAmount", "Must say the same as amount"],
    [{ payment: "COMPLETED" }, "/payment", "Unknown word"],
    [{ orderId: "2" }, "/orderId", "Unknown word"],
    [{ currency: "USD" }, "/currency", "Unknown word"],
    [{ items: [] }, "/items", "Must hold at least one item"],
    [
      { lines: [{ name: "yacht", quantity: 2, unitPrice: 1_000_000_000 }] },
      "/lines",
      "Must come to at most 1000000000 in all",
    ],
  ] as [unknown, string, string][]) {
    test(`for ${JSON.stringify(body)}`, () => {
      expect(readOrderPatch(body, "USD")).toEqual({ ok: false, issues: [{ pointer, message }] });
    });
  }
});

test("any JSON is read or refused, and never throws", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (sent) => {
      expect(readOrderPatch(sent, "USD")).toHaveProperty("ok");
      expect(readOrderPatch({ status: sent, items: sent, product: sent }, "USD")).toHaveProperty("ok", false);
    }),
    propertyRun(),
  );
});
