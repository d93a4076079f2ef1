import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

async function newOrder(): Promise<string> {
  return (await api.send("POST", "/orders", { customer: "Alice", items: ["pen"] })).body.id;
}

test("412: of 50 who race with one version, one wins and 49 are told that theirs is stale", async () => {
  const id = await newOrder();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      api.send("PATCH", `/orders/${id}`, { items: [`pen ${index}`] }, { "if-match": '"1"' }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array(49).fill(412)]);
  expect((await api.events(`order-${id}`)).length).toBe(2);
});

test.each(['"1"', '"9", "1"', "*"])("200: %s names the present version", async (tags) => {
  const id = await newOrder();
  const answer = await api.send("PATCH", `/orders/${id}`, { status: "shipped" }, { "if-match": tags });
  expect([answer.status, answer.headers.get("etag")]).toEqual([200, '"2"']);
});

test.each(['"2"', 'W/"1"', '"abc"'])("412: %s does not name the present version", async (tags) => {
  const id = await newOrder();
  for (const [method, body] of [
    ["PATCH", { status: "shipped" }],
    ["DELETE", undefined],
  ] as const) {
    const answer = await api.send(method, `/orders/${id}`, body, { "if-match": tags });
    expect([answer.status, answer.body.code]).toEqual([412, "stale_version"]);
  }
  expect((await api.events(`order-${id}`)).length).toBe(1);
});

test("404: what does not exist is not found, whatever version is named", async () => {
  const id = await newOrder();
  await api.send("DELETE", `/orders/${id}`);
  for (const path of [`/orders/${id}`, "/orders/nobody", "/users/nobody"]) {
    for (const tags of ['"1"', "*"]) {
      expect((await api.send("DELETE", path, undefined, { "if-match": tags })).status).toBe(404);
    }
  }
});

test.each(['"1"', "*"])("412: an order that is to be created has no version, so not %s", async (tags) => {
  const answer = await api.send("POST", "/orders", { amount: 5 }, { "if-match": tags });
  expect([answer.status, answer.body.code]).toEqual([412, "stale_version"]);
});

test.each(["1", '"1', "**"])("400: %p is no list of entity tags", async (tags) => {
  const answer = await api.send(
    "PATCH",
    `/orders/${await newOrder()}`,
    { status: "shipped" },
    { "if-match": tags },
  );
  expect([answer.status, answer.body.code]).toEqual([400, "malformed_header"]);
});

test("412: a user's stale version is refused", async () => {
  await api.send("POST", "/users", { id: "u1", name: "Alice" });
  await api.send("PATCH", "/users/u1", { name: "Alicia" }, { "if-match": '"1"' });
  const answer = await api.send("PATCH", "/users/u1", { name: "Bob" }, { "if-match": '"1"' });
  expect([answer.status, answer.body.code]).toEqual([412, "stale_version"]);
});

test("400: a version can't be named for several commands at once", async () => {
  const commands = [{ type: "createUser", payload: { id: "u2", name: "Bob" } }];
  const answer = await api.send("POST", "/commands", commands, { "if-match": '"1"' });
  expect([answer.status, answer.body.code]).toEqual([400, "malformed_header"]);
});

test("409: those who name no version are decided again on the new state", async () => {
  const id = await newOrder();
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => api.send("PATCH", `/orders/${id}`, { status: "shipped" })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  expect(answers.filter(({ body }) => body.code === "order_already_shipped").length).toBe(3);
});
