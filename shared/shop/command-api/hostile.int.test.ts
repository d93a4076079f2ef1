// Whatever a client can send is answered with a clear 4xx, and does nothing.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ config: { MILLRACE_BODY_BYTES_MAX: 200_000 } });
});
afterAll(() => api?.stop());

const deep = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
const writes = [
  ["POST", "/orders"],
  ["POST", "/create-order"],
  ["PATCH", "/orders/some"],
  ["POST", "/users"],
  ["PATCH", "/users/some"],
  ["POST", "/commands"],
] as const;

const bodies: [string, string][] = [
  ["null", "null"],
  ["a number", "1e999"],
  ["text", '"order"'],
  ["an empty object", "{}"],
  ["an array of nothing", "[]"],
  ["an array of arrays", "[[[]]]"],
  ["a deep array", deep(50_000)],
  ["a deep member", `{"items":${deep(50_000)},"customer":"A"}`],
  ["a deep payload", `{"type":"createOrder","payload":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`],
  ["NUL in text", String.raw`{"customer":"A\u0000B","items":["pen"],"name":"A\u0000","id":"x"}`],
  ["NUL in a name", String.raw`{"customer":"A","items":["pen"],"a\u0000b":1}`],
  ["a lone surrogate", String.raw`{"customer":"\ud800","items":["pen"],"name":"\udfff","id":"x"}`],
  ["a lone surrogate in a name", String.raw`{"\ud800":1}`],
  ["__proto__", '{"__proto__":{"customer":"A","items":["pen"],"name":"A","id":"x"}}'],
  ["__proto__ beside an order", '{"amount":5,"__proto__":{"polluted":1}}'],
  ["constructor", '{"constructor":{"prototype":{"polluted":1}},"amount":5}'],
  ["toString beside a user", '{"id":"x","name":"A","toString":1}'],
  ["a huge amount", '{"amount":1e308}'],
  ["an endless amount", '{"amount":1e999}'],
  ["a negative amount", '{"amount":-1}'],
  ["a fraction of a cent", '{"amount":0.001}'],
  ["a hidden fraction of a cent", '{"amount":19.990000000000002}'],
  ["a huge quantity", '{"product":"pen","quantity":1e21}'],
  ["a fraction of a pen", '{"product":"pen","quantity":1.5}'],
  ["no pens", '{"product":"pen","quantity":0}'],
  [
    "a sum past every bound",
    '{"userId":1,"products":[{"id":1,"name":"a","price":999999999,"quantity":999999}]}',
  ],
  ["an id that JSON can't carry", '{"orderId":9007199254740993,"amount":5}'],
  ["an id that is a path", '{"orderId":"../admin","amount":5}'],
  ["an id that a route has", '{"orderId":"stats","amount":5}'],
  ["an endless id", JSON.stringify({ orderId: "x".repeat(10_000), amount: 5 })],
  ["many items", JSON.stringify({ customer: "A", items: Array(20_000).fill("p") })],
  [
    "many unknown words",
    JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`w${i}`, 1]))),
  ],
  ["a command that is no name", '{"type":"__proto__","payload":{}}'],
  [
    "a command of the payment process",
    '{"type":"recordPayment","payload":{"paymentId":"1","payment":"COMPLETED"}}',
  ],
];

test.each(bodies)("4xx: %s", async (_, body) => {
  for (const [method, path] of writes) {
    const answer = await api.send(method, path, body);
    expect([method, path, answer.status >= 400 && answer.status < 500]).toEqual([method, path, true]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.code).toBeString();
    expect(answer.text.length).toBeLessThan(20_000);
  }
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  const [row] = await api.sql`select count(*)::int as n from events`;
  expect(row?.n).toBe(0);
});

test("413: a body past the bound", async () => {
  for (const [method, path] of writes) {
    expect((await api.send(method, path, `"${"x".repeat(200_000)}"`)).status).toBe(413);
  }
});

test("400: bytes that are not UTF-8", async () => {
  const response = await api.http.request("/orders", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.concat([
      Buffer.from('{"customer":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","items":["a"]}'),
    ]),
  });
  expect([response.status, await response.json()]).toMatchObject([400, { code: "malformed_json" }]);
});

test.each([
  "%",
  "%zz",
  "%00",
  "%ff",
  "%ed%a0%80",
  "%2e%2e%2f",
  "a%2Fb",
  "'",
  "stats",
  "ü",
  "x".repeat(5_000),
])("404: nothing can have the id %p", async (id) => {
  for (const [method, body] of [
    ["PATCH", { status: "shipped" }],
    ["DELETE", undefined],
  ] as const) {
    const answer = await api.send(method, `/orders/${id}`, body);
    expect(answer.status).toBe(404);
    expect(
      (await api.send(method, `/users/${id}`, method === "PATCH" ? { name: "A" } : undefined)).status,
    ).toBe(404);
  }
});

test("422: the last of two members with one name counts, as JSON.parse has it", async () => {
  const answer = await api.send("POST", "/orders", '{"amount":5,"amount":-1}');
  expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: "/amount" }]]);
});

test("422: hostile headers change nothing but what they name", async () => {
  const answer = await api.send("POST", "/orders", "{}", {
    "x-request-id": "a".repeat(5_000),
    "x-correlation-id": "\u00ff",
    "x-actor": "\u00e9".repeat(300),
    traceparent: "00-zz",
    prefer: "respond-async;;;,,,=",
    "content-length": "2",
  });
  expect(answer.status).toBe(422);
  expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});
