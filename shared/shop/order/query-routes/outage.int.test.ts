// While Postgres is away nothing is read, callers are told when to come back, and it all recovers by itself.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { type Gate, openGate } from "@millrace/testing/gate";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";

let shop: TestShop;
let api: TestApi;
let gate: Gate;
let sql: Sql;

beforeAll(async () => {
  shop = await openTestShop();
  const address = new URL(shop.databaseUrl);
  gate = await openGate({ host: address.hostname, port: Number(address.port) });
  address.hostname = "127.0.0.1";
  address.port = String(gate.port);
  ({ sql } = connectPostgres({ url: address.href, name: "query-api", connectionsMax: 4 }));
  api = await shop.startApi({ sql, databaseUrl: address.href });
  await shop.order("here", createOrder("here"));
  await shop.projectOrders(["here"]);
}, 60_000);

afterAll(async () => {
  await shop.stop();
  await sql.end({ timeout: 1 });
  await gate.close();
});

const PATHS = [
  "/orders",
  "/orders/here",
  "/orders/here?minVersion=1&wait=100",
  "/orders/here?version=1",
  "/orders/here/history",
  "/orders/stats",
  "/users",
  "/users/1",
  "/payments",
  "/payments/1",
];

test("503: every read says so and when to come back, and all are answered again once Postgres is back", async () => {
  expect((await api.get("/orders/here")).status).toBe(200);
  await gate.close();
  for (const path of PATHS) {
    const response = await api.get(path);
    expect([path, response.status, response.headers.get("retry-after")]).toEqual([path, 503, "1"]);
    expect(await response.json()).toMatchObject({ code: "postgres_unavailable" });
  }
  await eventually(async () => expect((await api.get("/readyz")).status).toBe(503));
  await gate.open();
  await eventually(async () => expect((await api.get("/readyz")).status).toBe(200), { withinMs: 5_000 });
  for (const path of PATHS) expect([path, (await api.get(path)).status]).toEqual([path, statusOf(path)]);
}, 60_000);

test("a stream and a wait that were open go on with what changed meanwhile", async () => {
  const stream = await fetch(`${api.url}/orders/stream`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  await reader?.read();
  const wait = api.get("/orders/here?minVersion=2&wait=30000");
  await eventually(async () => expect(await api.metric("millrace_query_version_waits")).toBe(1));
  // Looks go one after the other: once this one is answered, the wait's own has seen version 1.
  await api.get("/orders/here");
  await gate.close();
  await shop.order("here", { type: "ShipOrder" });
  await shop.projectOrders(["here"]);
  await gate.open();
  expect(await (await wait).json()).toMatchObject({ status: "SHIPPED", version: 2 });
  let text = "";
  while (!text.includes('"SHIPPED"')) text += (await reader?.read())?.value ?? "";
  await reader?.cancel();
}, 60_000);

function statusOf(path: string): number {
  return path === "/users/1" || path === "/payments/1" ? 404 : 200;
}
