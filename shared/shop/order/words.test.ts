import { describe, expect, test } from "bun:test";
import { ID_LENGTH_MAX, NAME_LENGTH_MAX } from "@millrace/commands/words";
import { readNewOrder } from "./bodies/new-order.ts";
import { readOrderPatch } from "./bodies/patch-order.ts";
import { LINES_MAX, QUANTITY_MAX } from "./words.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

describe("a name", () => {
  const name = bound((customer) => ({ customer, amount: 5 }), "/customer");
  test("has at least one and at most 200 characters", () => {
    name.accepts("a", "a".repeat(NAME_LENGTH_MAX));
    name.refuses("a".repeat(NAME_LENGTH_MAX + 1), "Must be at most 200 characters");
    name.refuses("", "Must not be blank");
    name.refuses(" \t\n\u00a0", "Must not be blank");
  });
  test("is as long as its characters are many, whatever they take", () => {
    for (const character of ["🦊", "商", "é", "𝒳"]) {
      name.accepts(character.repeat(NAME_LENGTH_MAX));
      name.refuses(character.repeat(NAME_LENGTH_MAX + 1), "Must be at most 200 characters");
    }
    // Counted in the form in which it is kept: e and its accent are one character there.
    name.accepts("e\u0301".repeat(NAME_LENGTH_MAX));
  });
  test("is kept in NFC, whatever form it came in", () => {
    for (const sent of ["Zoe\u0308", "Zo\u00eb"]) {
      expect(readNewOrder({ userId: sent, items: [sent] }, context)).toMatchObject({
        value: {
          customer: "Zo\u00eb",
          lines: [{ name: "Zo\u00eb" }],
          written: { userId: "Zo\u00eb", items: ["Zo\u00eb"] },
        },
      });
    }
    expect(readOrderPatch({ customer: "\u1112\u1161\u11ab" }, "USD")).toMatchObject({
      value: [{ customer: "\ud55c", written: { customer: "\ud55c" } }],
    });
  });
  test("may be in any script, with tabs and line feeds", () => {
    name.accepts("Zoë", "李雷", "🦊", "شركة", "a\tb\nc", "' OR 1=1 --", "<script>");
  });
  test("holds no control characters", () => {
    for (const control of ["\0", "\u0001", "\b", "\v", "\f", "\r", "\u001b", "\u001f", "\u007f", "\u0085"]) {
      name.refuses(`a${control}b`, "Must not hold control characters");
    }
  });
  test("is well-formed Unicode", () => {
    name.refuses("a\ud800b", "Must be well-formed Unicode");
    name.refuses("\udc00", "Must be well-formed Unicode");
    name.refuses("\udc00\ud800", "Must be well-formed Unicode");
  });
  test("is text", () => {
    for (const value of [5, true, [], {}]) name.refuses(value, "Must be text");
  });
});

describe("a chosen id", () => {
  const id = bound((orderId) => ({ orderId, amount: 5 }), "/orderId");
  test("is text of 1 to 128 characters that need no escaping in a URL", () => {
    id.accepts("a", "A.b_c:d~e-9", "x".repeat(ID_LENGTH_MAX), "...");
    id.refuses("x".repeat(ID_LENGTH_MAX + 1), "Must be at most 128 characters");
    for (const value of ["", " ", "a b", "a/b", "a?b", "a#b", "a%20b", "é", "a\0", "a\n", "\ud800"]) {
      id.refuses(value, "May hold only letters, digits and . _ : ~ -");
    }
  });
  test("or a whole number that JSON carries exactly", () => {
    id.accepts(0, 7, -7, Number.MAX_SAFE_INTEGER);
    for (const value of [1.5, 2 ** 53, 1e300, Infinity]) {
      id.refuses(value, "Must be a whole number that JSON carries exactly");
    }
    for (const value of [true, [], {}]) id.refuses(value, "Must be text or a whole number");
  });
  test("is not one that a URL reads as something else", () => {
    for (const value of [".", "..", "stats", "stream"]) {
      id.refuses(value, "Must not be one of ., .., stats, stream");
    }
  });
});

describe("a quantity", () => {
  const quantity = bound((sent) => ({ product: "pen", quantity: sent }), "/quantity");
  test("is a whole number from 1 to a million", () => {
    quantity.accepts(1, QUANTITY_MAX, 2.0);
    quantity.refuses(0, "Must be at least 1");
    quantity.refuses(-1, "Must be at least 1");
    quantity.refuses(QUANTITY_MAX + 1, "Must be at most 1000000");
    quantity.refuses(1.5, "Must be a whole number");
    for (const value of ["1", true, [1]]) quantity.refuses(value, "Must be a number");
  });
});

describe("an amount", () => {
  const amount = bound((sent) => ({ amount: sent }), "/amount");
  test("is a decimal from 0 to a thousand million, to the cent", () => {
    amount.accepts(0, 0.01, 19.99, 1_000_000_000);
    amount.refuses(-0.01, "Must not be negative");
    amount.refuses(1_000_000_000.01, "Must be at most 1000000000");
    amount.refuses(1e300, "Must be at most 1000000000");
    amount.refuses(0.001, "Must have at most two decimals");
    amount.refuses(1e-7, "Must have at most two decimals");
    for (const value of ["5", null, true, [5]]) amount.refuses(value, "Must be a number");
  });
  test.each([
    ["JPY", 500, 500, 500.5, "Must have no decimals"],
    ["USD", 19.99, 1999, 1.999, "Must have at most two decimals"],
    ["KWD", 1.255, 1255, 1.2555, "Must have at most three decimals"],
    ["CLF", 0.0001, 1, 0.00001, "Must have at most four decimals"],
  ])(
    "in %s: %d is %d of its smallest unit, and %d is refused where it stands",
    (currency, good, minor, bad, message) => {
      const inCurrency = { ...context, settings: { currency } };
      expect(readNewOrder({ amount: good }, inCurrency)).toMatchObject({
        value: { amount: minor, currency },
      });
      const read = (price: number) =>
        readNewOrder(
          {
            userId: "u",
            products: [
              { id: 1, name: "pen", price: good, quantity: 2 },
              { id: 2, name: "ink", price, quantity: 1 },
            ],
          },
          inCurrency,
        );
      expect(read(good)).toMatchObject({ value: { amount: 3 * minor, lines: [{}, { unitPrice: minor }] } });
      expect(read(bad)).toEqual({ ok: false, issues: [{ pointer: "/products/1/price", message }] });
      const lines = [{ name: "pen", quantity: 1, unitPrice: bad }];
      expect(readNewOrder({ lines }, inCurrency)).toEqual({
        ok: false,
        issues: [{ pointer: "/lines/0/unitPrice", message }],
      });
      expect(readNewOrder({ totalAmount: bad }, inCurrency)).toEqual({
        ok: false,
        issues: [{ pointer: "/totalAmount", message }],
      });
      expect(readOrderPatch({ amount: bad }, currency)).toEqual({
        ok: false,
        issues: [{ pointer: "/amount", message }],
      });
      expect(readOrderPatch({ amount: good }, currency)).toMatchObject({ value: [{ amount: minor }] });
    },
  );
});

describe("a list", () => {
  for (const [word, element, least] of [
    ["items", "pen", "Must hold at least one item"],
    ["products", { id: "1", name: "pen", price: 1, quantity: 1 }, "Must hold at least one product"],
    ["lines", { name: "pen", quantity: 1 }, "Must hold at least one line"],
  ] as const) {
    test(`of ${word} has 1 to 500 elements`, () => {
      const list = bound((sent) => ({ customer: "Alice", [word]: sent }), `/${word}`);
      list.accepts([element], new Array(LINES_MAX).fill(element));
      list.refuses([], least);
      list.refuses(new Array(LINES_MAX + 1).fill(element), "Must hold at most 500 elements");
      for (const value of ["pen", 5, null, { 0: element, length: 1 }])
        list.refuses(value, "Must be an array");
    });
  }
});

function bound(bodyOf: (value: unknown) => unknown, pointer: string) {
  return {
    accepts(...values: unknown[]) {
      for (const value of values) expect(readNewOrder(bodyOf(value), context)).toMatchObject({ ok: true });
    },
    refuses(value: unknown, message: string) {
      expect(readNewOrder(bodyOf(value), context)).toEqual({ ok: false, issues: [{ pointer, message }] });
    },
  };
}
