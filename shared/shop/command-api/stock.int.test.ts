// Stock by HTTP and by name, and who may keep it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Principal } from "@millrace/access/principal";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
import { loadKept } from "../stock/kept.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const principal = (role: Principal["role"], subject: string, scopes: string[] = []): Principal => ({
  role,
  subject,
  scopes,
  authn: "token",
});

let api: TestApi;
beforeAll(async () => {
  const people = [principal("clerk", "carl"), principal("customer", "ann"), principal("auditor", "otto")];
  const services = [
    principal("service", "depot", ["stock:write"]),
    principal("service", "till", ["orders:write"]),
  ];
  api = await startTestApi({ gate: gateByName(...people, ...services) });
});
afterAll(() => api?.stop());

const as = (name: string, headers: Record<string, string> = {}) => ({ ...by(name), ...headers });
const receive = (sku: string, quantity: number, headers = as("carl")) =>
  api.send("POST", "/stock", { sku, quantity }, headers);

test("what is received adds up, and a delivery with a key is added once", async () => {
  const first = await receive("adds-up", 3, as("carl", { "idempotency-key": "delivery-1" }));
  expect(first).toMatchObject({
    status: 201,
    body: { sku: "adds-up", onHand: 3, reserved: 0, available: 3, version: 1 },
  });
  expect(first.headers.get("location")).toBe("/stock/adds-up");
  const again = await receive("adds-up", 3, as("carl", { "idempotency-key": "delivery-1" }));
  expect(again.text).toBe(first.text);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(await receive("adds-up", 2)).toMatchObject({ status: 201, body: { onHand: 5, version: 2 } });
});

test("two deliveries at once are both added", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => receive("at-once", 1)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(await receive("at-once", 1)).toMatchObject({ body: { onHand: 21 } });
});

test("a count says what is there, of a SKU that is kept, and honours If-Match", async () => {
  await receive("counted", 3);
  const count = (headers = {}) =>
    api.send("PATCH", "/stock/counted", { onHand: 2 }, { ...as("carl"), ...headers });
  expect(await count({ "if-match": '"9"' })).toMatchObject({ status: 412 });
  expect(await count()).toMatchObject({ status: 200, body: { sku: "counted", onHand: 2, available: 2 } });
  expect(await api.send("PATCH", "/stock/nobody-keeps", { onHand: 2 }, as("carl"))).toMatchObject({
    status: 404,
    body: { code: "stock_not_found" },
  });
});

test("both go by their names too, and nothing that is for orders does", async () => {
  const named = (type: string, payload: unknown) =>
    api.send("POST", "/commands", { type, payload }, as("carl"));
  expect(await named("receiveStock", { sku: "by-name", quantity: 4 })).toMatchObject({
    status: 201,
    body: { onHand: 4 },
  });
  expect(await named("countStock", { sku: "by-name", onHand: 1 })).toMatchObject({ body: { onHand: 1 } });
  for (const type of ["reserveStock", "releaseStock", "commitStock"]) {
    expect(await named(type, { sku: "by-name", orderId: "a", quantity: 1 })).toMatchObject({ status: 422 });
  }
});

test.each([
  { sku: "a/b", quantity: 1 },
  { sku: "stats", quantity: 1 },
  { quantity: 1 },
  { sku: "a", quantity: 0 },
  { sku: "a", quantity: 1.5 },
  { sku: "a", quantity: 1e9 },
  { sku: "a", quantity: 1, onHand: 1 },
])("%j is no delivery", async (body) => {
  expect(await api.send("POST", "/stock", body, as("carl"))).toMatchObject({ status: 422 });
});

// Seen to fail: `ReceiveStock` begun by whoever asks, in stock.ts.
test("clerks and services with its scope keep it; customers, other services and auditors do not", async () => {
  expect(await receive("of-the-shop", 1, as("depot"))).toMatchObject({ status: 201 });
  for (const name of ["ann", "till", "otto"]) {
    expect({ name, status: (await receive("of-the-shop", 1, as(name))).status }).toEqual({
      name,
      status: 403,
    });
  }
  const counted = await api.send("PATCH", "/stock/of-the-shop", { onHand: 0 }, as("ann"));
  const missing = await api.send("PATCH", "/stock/not-there", { onHand: 0 }, as("ann"));
  expect([counted.status, missing.status]).toEqual([404, 404]);
  expect(counted.body.code).toBe(missing.body.code);
});

const ordered = (orderId: string, products: readonly string[], quantity = 1) =>
  api.send(
    "POST",
    "/orders",
    {
      orderId,
      userId: "u",
      products: products.map((id) => ({ id, name: id, price: 1, quantity })),
    },
    as("carl"),
  );
const typesOf = async (orderId: string) => (await api.events(`order-${orderId}`)).map(({ type }) => type);

// Seen to fail: `prepareOrder` without `withGoods`.
test("an order asks for what stock is kept of, from the moment that the first of it was received", async () => {
  await ordered("too-early", ["kept-b"]);
  expect(await typesOf("too-early")).toEqual(["OrderCreated"]);
  for (const sku of ["kept-a", "kept-b"]) await receive(sku, 1);
  expect(await ordered("of-kept", ["kept-b", "not-kept", "kept-a", "kept-b"], 2)).toMatchObject({
    status: 201,
    body: { id: "of-kept", status: "CREATED" },
  });
  const [, requested, ...more] = await api.events("order-of-kept");
  expect(requested).toMatchObject({
    type: "OrderStockRequested",
    data: {
      goods: [
        { sku: "kept-a", quantity: 2 },
        { sku: "kept-b", quantity: 4 },
      ],
    },
  });
  expect(more).toEqual([]);
  await ordered("of-others", ["not-kept"]);
  expect(await typesOf("of-others")).toEqual(["OrderCreated"]);
});

// Seen to fail: `loadKept` with a statement a call.
test("orders that come together share a statement for whether stock is kept of what they name", async () => {
  await receive("kept-shared", 1);
  let statements = 0;
  const counting = new Proxy(api.sql, {
    apply(sql, _, asked: Parameters<typeof api.sql>) {
      statements++;
      return sql(...asked);
    },
  });
  const found = await Promise.all(
    Array.from({ length: 200 }, (_, index) => loadKept(counting, [`not-kept-${index}`, "kept-shared"])),
  );
  expect(found.map((kept) => [...kept])).toEqual(found.map(() => ["kept-shared"]));
  expect(statements).toBeLessThan(5);
});

test("what is kept can't be had by a change, nor shipped before it is reserved", async () => {
  await receive("kept-c", 1);
  await ordered("plain", ["not-kept"]);
  await ordered("asking", ["kept-c"]);
  const patch = (id: string, body: unknown) => api.send("PATCH", `/orders/${id}`, body, as("carl"));
  const products = [{ id: "kept-c", name: "kept-c", price: 1, quantity: 1 }];
  expect(await patch("plain", { products })).toMatchObject({
    status: 409,
    body: { code: "order_stock_settled" },
  });
  expect(await patch("asking", { status: "shipped" })).toMatchObject({
    status: 409,
    body: { code: "order_stock_open" },
  });
  expect(await patch("asking", { status: "cancelled" })).toMatchObject({ status: 200 });
  expect(await typesOf("asking")).toEqual([
    "OrderCreated",
    "OrderStockRequested",
    "OrderCancelled",
    "OrderStockDue",
  ]);
});
