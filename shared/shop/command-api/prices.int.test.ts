// What customers pay, whatever way their command comes by.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Principal } from "@millrace/access/principal";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
import { createIntake } from "@millrace/commands/intake";
import type { Reply } from "@millrace/commands/replies";
import { testRecord } from "@millrace/commands/testing/test-record";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { removePrice, setPrices } from "../order/price-list.ts";
import { shop } from "../shop.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const ann: Principal = { role: "customer", subject: "ann", scopes: [], authn: "token" };
const carl: Principal = { role: "clerk", subject: "carl", scopes: [], authn: "token" };
const LAPTOP = { name: "Laptop", productId: "laptop", unitPrice: 199_900 };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ gate: gateByName(ann, carl) });
  await setPrices(api.sql, [LAPTOP, { name: "pen", productId: null, unitPrice: 150 }], NOBODY);
});
afterAll(() => api?.stop());

const cheap = {
  userId: "u",
  products: [{ id: "laptop", name: "Laptop", price: 0.01, quantity: 1 }],
};

async function amountOf(id: string): Promise<unknown> {
  const events = await api.events(`order-${id}`);
  return (events[0]?.data as { amount: number } | undefined)?.amount;
}

// Seen to fail with prepareOrder answering all commands as they came: 201 for a laptop at 0.01.
describe("a customer's own price is refused", () => {
  const ways: [name: string, method: string, path: string, body: unknown, pointer: string][] = [
    ["of products", "POST", "/orders", cheap, "/products/0/price"],
    ["as a sum", "POST", "/orders", { product: "Laptop", quantity: 1, amount: 0.01 }, "/amount"],
    ["as a sum alone", "POST", "/orders", { amount: 500 }, "/amount"],
    [
      "of lines",
      "POST",
      "/orders",
      { lines: [{ name: "pen", quantity: 1, unitPrice: 0 }] },
      "/lines/0/unitPrice",
    ],
    ["of an item that nobody sells", "POST", "/orders", { customer: "A", items: ["gold"] }, "/items/0"],
    ["on /create-order", "POST", "/create-order", { ...cheap, totalAmount: 1 }, "/products/0/price"],
    [
      "as a command",
      "POST",
      "/commands",
      { type: "createOrder", payload: cheap },
      "/payload/products/0/price",
    ],
    ["as its data", "POST", "/commands", { type: "createOrder", data: cheap }, "/data/products/0/price"],
  ];
  test.each(ways)("%s", async (name, method, path, body, pointer) => {
    const before = await api.sql`select count(*)::int as events from events`;
    const answer = await api.send(method, path, body, by("ann"));
    expect([name, answer.status, answer.body.code]).toEqual([name, 422, "order_price_differs"]);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    expect(await api.sql`select count(*)::int as events from events`).toEqual(before);
  });

  test("in a batch, where the others go on", async () => {
    const batch = [
      { type: "createOrder", payload: { orderId: "in-batch", product: "pen", quantity: 2 } },
      { type: "createOrder", payload: cheap },
    ];
    const { status, body } = await api.send("POST", "/commands", batch, by("ann"));
    expect([status, body[0].status, body[1].problem.code]).toEqual([207, 201, "order_price_differs"]);
    expect(body[1].problem.errors[0].pointer).toBe("/1/payload/products/0/price");
    expect(await amountOf("in-batch")).toBe(300);
  });

  test("where the command is kept for later", async () => {
    const taken = await api.send("POST", "/orders", cheap, { ...by("ann"), prefer: "respond-async" });
    api.runner.start();
    await eventually(async () => {
      const place = taken.headers.get("location") as string;
      expect((await api.send("GET", place, undefined, by("ann"))).body).toMatchObject({
        status: "rejected",
        problem: { code: "order_price_differs" },
      });
    });
  });

  test("by PATCH", async () => {
    const sent = { orderId: "changed", product: "pen", quantity: 1 };
    expect(await api.send("POST", "/orders", sent, by("ann"))).toMatchObject({ status: 201 });
    for (const body of [{ amount: 0.01 }, { products: cheap.products }, { items: ["gold"] }]) {
      const answer = await api.send("PATCH", "/orders/changed", body, by("ann"));
      expect([answer.status, answer.body.code]).toEqual([422, "order_price_differs"]);
    }
  });

  test("from Kafka, on a topic of a customer's", async () => {
    const replies: Reply[] = [];
    const topic = shop.kafkaNames.commandsTopic;
    const senderBy = () => ann;
    const reply = async (all: readonly Reply[]) => void replies.push(...all);
    const log = createLog("prices-test", "silent");
    const intake = createIntake({ ...api, senderBy, log, reply, park: async () => {} });
    const send = async (orderId: string, data: object, offset: number) => {
      const value = JSON.stringify({ type: "CREATE_ORDER", data: { orderId, ...data } });
      await intake({
        topic,
        partition: 0,
        records: [testRecord({ value, offset, headers: [["correlation-id", "another's"]] })],
      } as never);
    };
    await send("kafka-cheap", cheap, 1);
    await send("kafka-listed", { product: "Laptop", quantity: 1 }, 2);
    expect(await api.events("order-kafka-cheap")).toEqual([]);
    expect(await amountOf("kafka-listed")).toBe(LAPTOP.unitPrice);
    expect(JSON.stringify(await api.events("order-kafka-listed"))).not.toContain("another's");
  });
});

test("what is listed is charged, where the order names no price", async () => {
  const answer = await api.send(
    "POST",
    "/orders",
    { orderId: "l-1", product: "Laptop", quantity: 2 },
    by("ann"),
  );
  expect(answer.status).toBe(201);
  expect(await amountOf("l-1")).toBe(2 * LAPTOP.unitPrice);
});

test("the shop's own people name prices", async () => {
  expect(await api.send("POST", "/orders", { orderId: "by-carl", ...cheap }, by("carl"))).toMatchObject({
    status: 201,
  });
  expect(await amountOf("by-carl")).toBe(1);
});

test("a retry under its key gets its first answer, whatever the price is by then", async () => {
  await setPrices(api.sql, [{ name: "fish", productId: null, unitPrice: 100 }], NOBODY);
  const headers = { ...by("ann"), "idempotency-key": "fish" };
  const body = { product: "fish", quantity: 1, amount: 1 };
  const first = await api.send("POST", "/orders", body, headers);
  await setPrices(api.sql, [{ name: "fish", productId: null, unitPrice: 200 }], NOBODY);
  const again = await api.send("POST", "/orders", body, headers);
  expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([201, 201, "true"]);
  expect(again.body).toEqual(first.body);
  expect((await api.send("POST", "/orders", body, by("ann"))).status).toBe(422);
  expect(await removePrice(api.sql, "fish", NOBODY)).toBe(true);
});

test("shipping waits for the payment where the shop says so, also for its own people", async () => {
  const slow = await startTestApi({ settings: { shipAfter: "payment" } });
  try {
    await slow.send("POST", "/orders", { orderId: "unpaid", amount: 5 });
    const ship = await slow.send("PATCH", "/orders/unpaid", { status: "shipped" });
    const named = await slow.send("POST", "/commands", { type: "shipOrder", payload: { id: "unpaid" } });
    for (const { status, body } of [ship, named])
      expect([status, body.code]).toEqual([409, "order_not_paid"]);
    await slow.send("POST", "/orders", { orderId: "free", customer: "A", items: ["pen"] });
    expect((await slow.send("PATCH", "/orders/free", { status: "shipped" })).status).toBe(200);
  } finally {
    await slow.stop();
  }
});
