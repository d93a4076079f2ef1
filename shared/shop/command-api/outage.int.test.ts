// While Postgres is away nothing is taken, and callers are told when to come back.

import { expect, test } from "bun:test";
import { createCommandApi } from "@millrace/commands/command-api";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { openGate } from "@millrace/testing/gate";
import { testStack } from "@millrace/testing/stack";
import { shop } from "../shop.ts";
import { startTestApi } from "../testing/start-test-api.ts";

function startWithoutPostgres() {
  // Port 1 is nobody's.
  const { sql } = connectPostgres({
    url: "postgres://a:b@127.0.0.1:1/none",
    name: "test",
    connectionsMax: 2,
  });
  const log = createLog("test", "silent");
  return createCommandApi({
    aggregates: shop.aggregates,
    kafka: { prefix: "", names: shop.kafkaNames },
    settings: { currency: "USD" },
    config: readConfig({}),
    sql,
    log,
    metrics: createMetrics("test"),
  });
}

const json = { "content-type": "application/json" };

test.each([
  ["POST", "/orders", '{"amount":5}', {}],
  ["POST", "/orders", '{"amount":5}', { "idempotency-key": "k" }],
  ["POST", "/orders", '{"amount":5}', { prefer: "respond-async" }],
  ["PATCH", "/orders/1", '{"status":"shipped"}', {}],
  ["DELETE", "/orders/1", null, {}],
  ["POST", "/commands", '[{"type":"createUser","payload":{"id":1,"name":"A"}}]', {}],
  ["GET", "/commands/01a1fa53-c836-73c5-9474-3ce680077c3d", null, {}],
])("503: %s %s %p %p", async (method, path, body, headers) => {
  const { http } = startWithoutPostgres();
  const response = await http.request(path, { method, headers: { ...json, ...headers }, body });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await response.json()).toMatchObject({ code: "postgres_unavailable" });
});

test("503: /readyz says so", async () => {
  const response = await startWithoutPostgres().http.request("/readyz");
  expect([response.status, await response.json()]).toMatchObject([
    503,
    { missing: expect.stringContaining("postgres") },
  ]);
});

test("201: orders are taken again by themselves once Postgres is back, each at most once", async () => {
  const database = await (await testStack()).freshDatabase();
  const address = new URL(database.url);
  const gate = await openGate({ host: address.hostname, port: Number(address.port) });
  const api = await startTestApi({
    databaseUrl: database.url.replace(address.host, `127.0.0.1:${gate.port}`),
  });
  const send = () => api.send("POST", "/orders", { orderId: "1", amount: 5 }, { "idempotency-key": "k" });
  expect((await api.send("POST", "/orders", { amount: 5 })).status).toBe(201);
  await gate.close();
  const refused = await send();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  await gate.open();
  await eventually(async () => expect((await send()).status).toBe(201), { withinMs: 5_000 });
  expect(await api.events("order-1")).toHaveLength(1);
  await api.stop();
  await gate.close();
  await database.drop();
}, 30_000);

test("503 and not ready: while Postgres is read-only or cancels, and by itself 201 with the sessions kept", async () => {
  const api = await startTestApi();
  const { sql: admin } = connectPostgres({ url: api.databaseUrl, name: "admin", connectionsMax: 1 });
  const name = new URL(api.databaseUrl).pathname.slice(1);
  const post = async () => {
    const { status, headers } = await api.send("POST", "/orders", { amount: 5 });
    return [status, headers.get("retry-after")];
  };
  const ready = async () => (await api.send("GET", "/readyz")).body.missing;
  /** As an operator does it: the database's setting, and an end to all other sessions. */
  const set = async (setting: string) => {
    await admin.unsafe(`alter database "${name}" ${setting}`);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${name} and pid <> pg_backend_pid()`;
  };
  expect([await post(), await ready()]).toEqual([[201, null], undefined]);

  await set("set default_transaction_read_only = on");
  for (let times = 0; times < 12; times++) expect(await post()).toEqual([503, "1"]);
  await eventually(async () =>
    expect(await ready()).toStartWith("postgres: the server is read-only. Reads go on"),
  );
  await admin.unsafe(`alter database "${name}" reset default_transaction_read_only`);
  await eventually(async () => expect(await post()).toEqual([201, null]), { withinMs: 2_000 });

  await set("set statement_timeout = 100");
  await admin.begin(async (tx) => {
    await tx`lock table events in exclusive mode`;
    await eventually(async () => {
      expect(await post()).toEqual([503, "1"]);
      expect(await ready()).toContain("statement timeout");
    });
  });
  await eventually(async () => expect(await post()).toEqual([201, null]), { withinMs: 2_000 });
  await admin.end({ timeout: 1 });
  await api.stop();
}, 30_000);

test("503: past the bound of the append queue", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  // biome-ignore lint/suspicious/noExplicitAny: a Postgres that is slow for as long as the test wants
  const slow = (() => promise) as any;
  const { http } = createCommandApi({
    aggregates: shop.aggregates,
    kafka: { prefix: "", names: shop.kafkaNames },
    settings: { currency: "USD" },
    config: {
      ...readConfig({}),
      MILLRACE_APPEND_QUEUE_MAX: 3,
      MILLRACE_APPEND_BATCH_MAX: 1,
      MILLRACE_APPEND_FLIGHTS_MAX: 1,
    },
    sql: slow,
    log: createLog("test", "silent"),
    metrics: createMetrics("test"),
  });
  const send = () => http.request("/orders", { method: "POST", headers: json, body: '{"amount":5}' });
  const waiting = Array.from({ length: 10 }, send);
  const refused = (await Promise.race([waiting[9], waiting[8]])) as Response;
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: "append_queue_full" }]);
  resolve([{ outcomes: null }]);
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(3);
  expect(new Set(statuses)).toEqual(new Set([201, 503]));
});
