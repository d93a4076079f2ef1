import { afterAll, beforeAll, expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { recordAct } from "./record.ts";
import { createSample } from "./sample.ts";
import { NOBODY } from "./testing/nobody.ts";

const log = createLog("sample-test", "silent");
let database: { readonly url: string; drop(): Promise<void> };
/** What serves callers and keeps refusals. */
let pool: Sql;
let another: Sql;

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  const { url } = database;
  pool = connectPostgres({ url, name: "sample-test", connectionsMax: 2 }).sql;
  another = connectPostgres({ url, name: "sample-test other", connectionsMax: 1 }).sql;
});
afterAll(async () => {
  await Promise.all([pool.end(), another.end()]);
  await database.drop();
});

// Seen to fail with entries written beside each other: both connections waited for the trail, and callers for them.
test("a flood of refusals while somebody holds the trail leaves callers their connections, and forty entries", async () => {
  const released = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holder = another.begin(async (tx) => {
    await recordAct(tx, NOBODY, { name: "key.revoke", target: "held" });
    held.resolve();
    await released.promise;
  });
  await held.promise;
  const { note } = createSample({ sql: pool, log });
  const refuse = { name: "access.refuse", target: "things:read" } as const;
  const noted = Array.from({ length: 1_000 }, (_, n) => [
    note({ actor: "unknown", authn: "none", origin: `198.51.100.${n}` }, refuse),
    note({ actor: `customer:${n}`, authn: "key", origin: "192.0.2.1" }, refuse),
  ]).flat();
  await eventually(async () => {
    const [waiting] = await pool<{ count: number }[]>`
      select count(*)::int from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`;
    expect(waiting?.count).toBe(1);
  });
  released.resolve();
  await Promise.all([holder, ...noted]);
  const kept = await pool<{ authn: string; count: number }[]>`
    select authn, count(*)::int from trail where act = 'access.refuse' group by authn order by authn`;
  expect([...kept]).toEqual([
    { authn: "key", count: 20 },
    { authn: "none", count: 20 },
  ]);
});
