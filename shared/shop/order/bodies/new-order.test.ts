import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { amountMax } from "../../money.ts";
import { readNewOrder } from "./new-order.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };

describe("the dialect of an order", () => {
  test("is told by its words, and without any the body itself is at fault", () => {
    for (const body of [{}, { customer: "Alice" }, { orderId: "1", currency: "EUR" }, { constructor: 1 }]) {
      expect(readNewOrder(body, context)).toEqual({
        ok: false,
        issues: [
          {
            pointer: "",
            message: "An order needs one of items, products, product, lines, amount or totalAmount",
          },
        ],
      });
    }
  });
  test("is one alone", () => {
    const body = { customer: "Alice", items: ["pen"], product: "Laptop", quantity: 1 };
    expect(readNewOrder(body, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/product", message: "Can't stand beside items" }],
    });
  });
  test("is spoken by JSON objects only", () => {
    for (const body of [null, [], ["items"], "items", 5, true, undefined]) {
      expect(readNewOrder(body, context)).toEqual({
        ok: false,
        issues: [{ pointer: "", message: "Must be a JSON object" }],
      });
    }
  });
});

describe("another dialect's words as null", () => {
  const nothing = Object.fromEntries(
    ["id", "orderId", "currency", "customer", "userId", "amount", "totalAmount"].map((word) => [word, null]),
  );
  const noLines = { items: null, products: null, product: null, quantity: null, lines: null };
  const product = { id: 1, name: "pen", price: 2, quantity: 1 };

  test.each([
    [{ customer: "Alice", items: ["pen"] }],
    [{ userId: "u", products: [product], totalAmount: 2 }],
    [{ orderId: "1", product: "pen", quantity: 2 }],
    [{ lines: [{ name: "pen", quantity: 1 }] }],
    [{ amount: 5 }],
    [{ totalAmount: 5 }],
  ])("count as absent beside %j, and are not kept", (said) => {
    const alone = readNewOrder(said, context);
    expect(alone).toMatchObject({ ok: true });
    expect(readNewOrder({ ...nothing, ...noLines, ...said }, context)).toEqual(alone);
  });

  test("are no words that are needed, and no words that nobody knows", () => {
    for (const [body, pointer, message] of [
      [{ customer: null, items: ["pen"] }, "/customer", "Missing"],
      [{ product: "pen", quantity: null }, "/quantity", "Missing"],
      [{ customer: "Alice", items: null }, "/items", "Must be an array"],
      [{ amount: null }, "/amount", "Must be a number"],
      [{ amount: 5, colour: null }, "/colour", "Unknown word"],
      [{ customer: "Alice", items: ["pen", null] }, "/items/1", "Must be text"],
    ] as const)
      expect(readNewOrder(body, context)).toEqual({ ok: false, issues: [{ pointer, message }] });
  });
});

describe("an order's id", () => {
  test("is the client's, under either word, and `id` reads back as itself alone", () => {
    expect(readNewOrder({ id: "a-1", amount: 5 }, context)).toMatchObject({
      value: { orderId: "a-1", written: { amount: 5 } },
    });
    expect(readNewOrder({ id: "a-1", amount: 5 }, context)).not.toHaveProperty("value.written.id");
    expect(readNewOrder({ id: 7, orderId: "7", amount: 5 }, context)).toMatchObject({
      value: { orderId: "7", written: { orderId: "7", amount: 5 } },
    });
  });
  test("is one id: two that differ are refused", () => {
    expect(readNewOrder({ id: "1", orderId: "2", amount: 5 }, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/id", message: "Must say the same as orderId" }],
    });
  });
  test("is drawn only where the client named none", () => {
    let drawn = 0;
    const newId = () => `drawn-${++drawn}`;
    readNewOrder({ orderId: "1", amount: 5 }, { ...context, newId });
    readNewOrder({ amount: -5 }, { ...context, newId });
    expect(drawn).toBe(0);
    readNewOrder({ amount: 5 }, { ...context, newId });
    expect(drawn).toBe(1);
  });
});

describe("an order's other words", () => {
  test("for its customer must agree", () => {
    expect(readNewOrder({ customer: "7", userId: 7, amount: 5 }, context)).toMatchObject({
      value: { customer: "7", written: { customer: "7", userId: 7 } },
    });
    expect(readNewOrder({ customer: "Alice", userId: "Bob", amount: 5 }, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/userId", message: "Must say the same as customer" }],
    });
  });
  test("for its amount must agree", () => {
    expect(readNewOrder({ amount: 5, totalAmount: 5 }, context)).toMatchObject({ value: { amount: 500 } });
    expect(readNewOrder({ amount: 0, totalAmount: 5 }, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/totalAmount", message: "Must say the same as amount" }],
    });
  });
  test("for its currency can only be the shop's", () => {
    expect(readNewOrder({ amount: 5, currency: "EUR" }, context)).toMatchObject({
      value: { currency: "EUR", written: { amount: 5, currency: "EUR" } },
    });
    expect(readNewOrder({ amount: 5, currency: "USD" }, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/currency", message: "Must be EUR" }],
    });
    expect(readNewOrder({ amount: 5, currency: "eur" }, context)).toMatchObject({ ok: false });
  });
  test("are known ones: nothing that is sent is dropped in silence", () => {
    for (const word of ["colour", "constructor", "toString", "hasOwnProperty", "", "a/b~c"]) {
      const pointer = `/${word.replace("~", "~0").replace("/", "~1")}`;
      expect(readNewOrder({ amount: 5, [word]: 1 }, context)).toEqual({
        ok: false,
        issues: [{ pointer, message: "Unknown word" }],
      });
    }
  });
});

test("an order comes to no more than an amount may be", () => {
  const products = [{ id: "1", name: "yacht", price: 1_000_000_000, quantity: 2 }];
  expect(readNewOrder({ userId: "u", products }, context)).toEqual({
    ok: false,
    issues: [{ pointer: "/products", message: "Must come to at most 1000000000 in all" }],
  });
  expect(readNewOrder({ userId: "u", products, totalAmount: 5 }, context)).toMatchObject({ ok: true });
  const dearest = [{ id: "1", name: "yacht", price: 1_000_000_000, quantity: 1 }];
  expect(readNewOrder({ userId: "u", products: dearest }, context)).toMatchObject({
    value: { amount: amountMax(context.settings.currency) },
  });
});

describe("a hostile body", () => {
  test("with a __proto__ of its own is refused, and leaves every object as it was", () => {
    for (const text of [
      '{"amount":5,"__proto__":{"polluted":true}}',
      '{"userId":"u","products":[{"id":"1","name":"x","price":1,"quantity":1,"__proto__":{"polluted":true}}]}',
    ]) {
      expect(readNewOrder(JSON.parse(text), context)).toMatchObject({
        ok: false,
        issues: [{ pointer: expect.stringMatching(/\/__proto__$/), message: "Unknown word" }],
      });
    }
    expect(readNewOrder(JSON.parse('{"__proto__":{"amount":5}}'), context)).toMatchObject({ ok: false });
    expect({}).not.toHaveProperty("polluted");
  });
  test("of a million elements is refused before they are looked at", () => {
    const items = new Array(1_000_000).fill(5);
    expect(readNewOrder({ customer: "Alice", items }, context)).toEqual({
      ok: false,
      issues: [{ pointer: "/items", message: "Must hold at most 500 elements" }],
    });
  });
  test("nested a hundred thousand deep is refused without recursion", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(readNewOrder({ customer: "Alice", items: deep }, context)).toMatchObject({ ok: false });
    expect(readNewOrder({ amount: deep }, context)).toMatchObject({ ok: false });
  });
  test("gets answers of a bounded size", () => {
    const products = new Array(500).fill({ id: true, name: 5, price: "x", quantity: null });
    const many = readNewOrder({ userId: "u", products }, context);
    expect(many.ok ? 0 : many.issues.length).toBe(100);
    const long = "x".repeat(1_000_000);
    expect(JSON.stringify(readNewOrder({ amount: 5, [long]: long }, context)).length).toBeLessThan(200);
    expect(JSON.stringify(readNewOrder({ customer: long, items: [long] }, context)).length).toBeLessThan(300);
  });
});

test("any JSON is read or refused with pointers, and never throws", () => {
  const words = fc.constantFrom(
    ...["id", "orderId", "currency", "customer", "userId", "amount", "totalAmount", "items", "products"],
    ...["product", "quantity", "lines", "name", "price", "unitPrice", "productId", "__proto__", "other"],
  );
  const scalar = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { body } = fc.letrec((tie) => ({
    body: fc.dictionary(words, tie("value"), { noNullPrototype: true }),
    value: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
      tie("body"),
    ),
  }));
  fc.assert(
    fc.property(fc.oneof(body, fc.jsonValue()), (sent) => {
      const read = readNewOrder(sent, context);
      if (!read.ok) {
        expect(read.issues.length).toBeGreaterThan(0);
        for (const { pointer } of read.issues) expect(pointer).toMatch(/^(\/|$)/);
        return;
      }
      const { id: _, ...words } = sent as Record<string, unknown>;
      const said = sortedWords(words).filter(([, value]) => value !== null);
      expect(JSON.stringify(sortedWords(read.value.written))).toBe(JSON.stringify(said).normalize("NFC"));
    }),
    propertyRun(3000),
  );
});

test("every well-formed order is read, and keeps its words as sent but for text's normal form", () => {
  const name = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).filter((text) => /\S/.test(text));
  const price = fc.integer({ min: 0, max: 1_000_00 }).map((minorUnits) => minorUnits / 100);
  const quantity = fc.integer({ min: 1, max: 1000 });
  const customer = fc.oneof(
    fc.record({ customer: name }),
    fc.record({ userId: fc.oneof(name, fc.maxSafeInteger()) }),
  );
  const lines = fc.oneof(
    fc.record({ items: fc.array(name, { minLength: 1, maxLength: 5 }) }),
    fc.record({
      products: fc.array(fc.record({ id: name, name, price, quantity }), { minLength: 1, maxLength: 5 }),
    }),
    fc.record({ product: name, quantity }),
    fc.record({ amount: price }),
  );
  fc.assert(
    fc.property(customer, lines, (who, what) => {
      const sent = { ...who, ...what };
      const read = readNewOrder(sent, context);
      expect(read).toMatchObject({ ok: true });
      expect(read.ok && read.value.written).toEqual(JSON.parse(JSON.stringify(sent).normalize("NFC")));
    }),
    propertyRun(),
  );
});

function sortedWords(words: object): [string, unknown][] {
  return Object.entries(words).sort(([left], [right]) => (left < right ? -1 : 1));
}
