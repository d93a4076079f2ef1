import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { namedReader } from "@millrace/commands/command-names";
import { propertyRun } from "@millrace/testing/seed";
import { shop } from "../shop.ts";

const context = { newId: () => "new-id", settings: { currency: "EUR" } };
const readNamed = namedReader(shop.aggregates, context);
const read = (body: unknown): unknown => readNamed(body);

describe("a command by name", () => {
  test("says nothing by null: its id, and the word for its payload that it does not use", () => {
    const payload = { id: 1, name: "Alice" };
    const alone = read({ type: "createUser", payload });
    expect(alone).toMatchObject({ ok: true });
    expect(read({ type: "createUser", payload, data: null, id: null })).toEqual(alone);
    expect(read({ type: "createUser", payload: null, data: payload })).toEqual(
      read({ type: "createUser", data: payload }),
    );
    expect(read({ type: "createUser", payload: null, data: null })).toEqual({
      ok: false,
      issues: [{ pointer: "/payload", message: "Missing" }],
    });
  });

  test("has an id that can be stored, of at most 255 characters", () => {
    const withId = (id: string) => read({ type: "deleteUser", id, payload: { id: 1 } });
    for (const id of ["a", "\ud83e\udd8a".repeat(255)])
      expect(withId(id)).toMatchObject({ value: { commandId: id } });
    for (const [id, message] of [
      ["", "Must not be empty"],
      ["\ud83e\udd8a".repeat(256), "Must be at most 255 characters"],
      ["a\0", "Must not hold control characters"],
      ["a\ud800", "Must be well-formed Unicode"],
    ] as const)
      expect(withId(id)).toEqual({ ok: false, issues: [{ pointer: "/id", message }] });
  });

  test("creates a user, word for word", () => {
    expect(read({ type: "createUser", payload: { id: 1, name: "Alice" } })).toMatchObject({
      ok: true,
      value: { aggregate: "user", id: "1", commands: [{ type: "CreateUser", id: 1, name: "Alice" }] },
    });
  });
  test("creates an order as its message on Kafka does, word for word", () => {
    const data = { orderId: "77", product: "Mouse", quantity: 3 };
    expect(read({ type: "CREATE_ORDER", data })).toMatchObject({
      ok: true,
      value: {
        aggregate: "order",
        id: "77",
        commands: [
          {
            type: "CreateOrder",
            orderId: "77",
            customer: null,
            lines: [{ name: "Mouse", quantity: 3 }],
            amount: 0,
            currency: "EUR",
            written: data,
          },
        ],
      },
    });
  });
  test("is read in any case and with any separators", () => {
    for (const type of [
      "createOrder",
      "CreateOrder",
      "CREATE_ORDER",
      "create-order",
      "create order",
      "create.order",
    ]) {
      expect(read({ type, payload: { amount: 5 } })).toMatchObject({ ok: true, value: { id: "new-id" } });
    }
  });
  test("names an order that exists under either word", () => {
    for (const [type, command] of [
      ["shipOrder", "ShipOrder"],
      ["deliverOrder", "DeliverOrder"],
      ["cancelOrder", "CancelOrder"],
      ["deleteOrder", "DeleteOrder"],
    ]) {
      for (const payload of [{ orderId: "77" }, { id: 77 }, { id: "77", orderId: 77 }]) {
        expect(read({ type, payload })).toMatchObject({
          ok: true,
          value: { aggregate: "order", id: "77", commands: [{ type: command } as never] },
        });
      }
    }
  });
  test("changes an order as PATCH does", () => {
    expect(
      read({ type: "changeOrder", payload: { orderId: "77", customer: "Bob", status: "shipped" } }),
    ).toMatchObject({
      ok: true,
      value: {
        aggregate: "order",
        id: "77",
        commands: [
          { type: "ChangeOrder", customer: "Bob", written: { customer: "Bob" } },
          { type: "ShipOrder" },
        ],
      },
    });
  });
  test("changes and deletes a user", () => {
    expect(read({ type: "changeUser", payload: { id: 1, name: "Bob" } })).toMatchObject({
      ok: true,
      value: { aggregate: "user", id: "1", commands: [{ type: "ChangeUser", name: "Bob" }] },
    });
    expect(read({ type: "deleteUser", payload: { id: 1 } })).toMatchObject({
      ok: true,
      value: { aggregate: "user", id: "1", commands: [{ type: "DeleteUser" }] },
    });
  });
  test("keeps the envelope's own id", () => {
    expect(read({ type: "deleteUser", id: "command-1", payload: { id: 1 } })).toMatchObject({
      value: { id: "1", commandId: "command-1" },
    });
  });
});

describe("a command by name is refused", () => {
  // With those that were added since.
  const names = expect.stringMatching(
    /^Must be one of createOrder, changeOrder, shipOrder, deliverOrder, cancelOrder, deleteOrder, createUser, changeUser, deleteUser/,
  );
  for (const [body, pointer, message] of [
    [[], "", "Must be a JSON object"],
    [{ payload: {} }, "/type", "Missing"],
    [{ type: "payOrder", payload: {} }, "/type", names],
    [{ type: "recordPayment", payload: {} }, "/type", names],
    [{ type: "constructor", payload: {} }, "/type", names],
    [{ type: "__proto__", payload: {} }, "/type", names],
    [{ type: "", payload: {} }, "/type", names],
    [{ type: "createOrder".repeat(100), payload: {} }, "/type", "Must be the name of a command"],
    [{ type: "shipOrder" }, "/payload", "Missing"],
    [{ type: "shipOrder", payload: { id: "1" }, data: { id: "1" } }, "/data", "Can't stand beside payload"],
    [{ type: "shipOrder", payload: null }, "/payload", "Missing"],
    [{ type: "shipOrder", data: {} }, "/data/orderId", "Missing"],
    [
      { type: "shipOrder", payload: { id: "a/b" } },
      "/payload/id",
      "May hold only letters, digits and . _ : ~ -",
    ],
    [
      { type: "shipOrder", payload: { id: "1", orderId: "2" } },
      "/payload/id",
      "Must say the same as orderId",
    ],
    [{ type: "shipOrder", payload: { id: "1", status: "x" } }, "/payload/status", "Unknown word"],
    [{ type: "changeOrder", payload: { customer: "Bob" } }, "/payload/orderId", "Missing"],
    [{ type: "changeOrder", payload: { id: "1" } }, "/payload", "Must name what is to change"],
    [{ type: "changeOrder", payload: { id: "1", customer: 5 } }, "/payload/customer", "Must be text"],
    [{ type: "changeOrder", payload: "x" }, "/payload", "Must be a JSON object"],
    [{ type: "createOrder", data: { product: "pen", quantity: 0 } }, "/data/quantity", "Must be at least 1"],
    [{ type: "createUser", payload: { id: 1 } }, "/payload/name", "Missing"],
    [{ type: "changeUser", payload: { name: "Bob" } }, "/payload/id", "Missing"],
    [{ type: "changeUser", payload: { id: 1, name: "" } }, "/payload/name", "Must not be blank"],
    [{ type: "changeUser", payload: [] }, "/payload", "Must be a JSON object"],
    [{ type: "deleteUser", payload: { id: 1, name: "Bob" } }, "/payload/name", "Unknown word"],
    [{ type: "deleteUser", payload: { id: 1 }, at: 5 }, "/at", "Unknown word"],
    [{ type: "deleteUser", payload: { id: 1 }, id: "" }, "/id", "Must not be empty"],
  ] as [unknown, string, unknown][]) {
    test(`for ${JSON.stringify(body).slice(0, 80)}`, () => {
      expect(read(body)).toEqual({ ok: false, issues: [{ pointer, message }] });
    });
  }
  test("for a __proto__ of its own: it can't pass an id in", () => {
    for (const id of [{}, { id: "1" }]) {
      const payload = { ...JSON.parse('{"customer":"Bob","__proto__":{"orderId":"1"}}'), ...id };
      expect(read({ type: "changeOrder", payload })).toMatchObject({ ok: false });
    }
  });
});

test("any JSON under any name is read or refused, and never throws", () => {
  const type = fc.constantFrom(
    "createOrder",
    "changeOrder",
    "shipOrder",
    "createUser",
    "changeUser",
    "deleteUser",
  );
  fc.assert(
    fc.property(type, fc.jsonValue(), (name, payload) => {
      expect(read({ type: name, payload })).toHaveProperty("ok");
      expect(read(payload)).toHaveProperty("ok");
    }),
    propertyRun(),
  );
});
