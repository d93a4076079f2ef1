// One Idempotency-Key, one effect, one answer.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestApi, type TestAnswer, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const order = { customer: "Alice", items: ["pen"] };
const key = () => ({ "idempotency-key": Bun.randomUUIDv7() });
const replayed = (answer: TestAnswer) => answer.headers.get("idempotency-replayed");

async function ordersOf(customer: string): Promise<number> {
  const [row] = await api.sql`
    select count(*)::int as n from events where type = 'OrderCreated' and data ->> 'customer' = ${customer}`;
  return row?.n;
}

test("201: 200 racing requests with one key make one order and get one answer, 199 of them replayed", async () => {
  const headers = key();
  const body = { customer: "Racer", items: ["pen"] };
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => api.send("POST", "/orders", body, headers)),
  );
  expect(
    new Set(answers.map((answer) => `${answer.status} ${answer.text} ${answer.headers.get("etag")}`)).size,
  ).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect(answers.filter((answer) => replayed(answer) === "true").length).toBe(199);
  expect(await ordersOf("Racer")).toBe(1);
});

test("201: two processes that race under one key make one order", async () => {
  const other = await startTestApi({ databaseUrl: api.databaseUrl });
  const headers = key();
  const body = { customer: "Twice", items: ["pen"] };
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      (index % 2 ? api : other).send("POST", "/orders", body, headers),
    ),
  );
  await other.stop();
  expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1);
  expect(await ordersOf("Twice")).toBe(1);
});

test("201: the same JSON in other order and spacing is the same request", async () => {
  const headers = key();
  const first = await api.send("POST", "/orders", '{"customer":"A","items":["pen"]}', headers);
  const second = await api.send("POST", "/orders", '{ "items": ["pen"], "customer": "A" }', headers);
  expect([second.status, second.text, replayed(second)]).toEqual([201, first.text, "true"]);
});

test("422: another body under the same key is refused and does nothing", async () => {
  const headers = key();
  await api.send("POST", "/orders", order, headers);
  const answer = await api.send("POST", "/orders", { ...order, customer: "Other" }, headers);
  expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
  expect(await ordersOf("Other")).toBe(0);
});

test("422: the same body under the same key on another path is another request", async () => {
  const headers = key();
  await api.send("POST", "/orders", order, headers);
  const answer = await api.send("POST", "/create-order", order, headers);
  expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
});

test("200: a change under a key is answered as at first, whatever came after it", async () => {
  const { id } = (await api.send("POST", "/orders", order)).body;
  const headers = key();
  const first = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  await api.send("PATCH", `/orders/${id}`, { status: "delivered" });
  const again = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  expect([again.status, again.text, again.headers.get("etag"), replayed(again)]).toEqual([
    200,
    first.text,
    '"2"',
    "true",
  ]);
});

test("204: a DELETE under a key is answered 204 again", async () => {
  const { id } = (await api.send("POST", "/orders", order)).body;
  const headers = key();
  await api.send("DELETE", `/orders/${id}`, undefined, headers);
  const again = await api.send("DELETE", `/orders/${id}`, undefined, headers);
  expect([again.status, again.text, replayed(again)]).toEqual([204, "", "true"]);
});

test("404: a refusal is the key's answer too, even once the order is there", async () => {
  const headers = key();
  const id = Bun.randomUUIDv7();
  const first = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  expect(first.status).toBe(404);
  await api.send("POST", "/orders", { ...order, id });
  const again = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  expect([again.status, again.text, replayed(again)]).toEqual([404, first.text, "true"]);
});

test("412: a stale version is the key's answer too", async () => {
  const { id } = (await api.send("POST", "/orders", order)).body;
  const headers = { ...key(), "if-match": '"7"' };
  const first = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  const again = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, headers);
  expect([first.status, again.status, again.text, replayed(again)]).toEqual([412, 412, first.text, "true"]);
});

test("422: a body that could not be read leaves the key free", async () => {
  const headers = key();
  expect((await api.send("POST", "/orders", { items: [] }, headers)).status).toBe(422);
  const answer = await api.send("POST", "/orders", order, headers);
  expect([answer.status, replayed(answer)]).toEqual([201, null]);
});

test.each(["", "x".repeat(256)])("400: %p is no key", async (sent) => {
  const answer = await api.send("POST", "/orders", order, { "idempotency-key": sent });
  expect([answer.status, answer.body.code]).toEqual([400, "malformed_header"]);
});

test("201: a key may be anything of 255 characters", async () => {
  const headers = { "idempotency-key": `'"; ü%00 ${"x".repeat(246)}` };
  const first = await api.send("POST", "/orders", order, headers);
  const again = await api.send("POST", "/orders", order, headers);
  expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
});
