import { afterAll, beforeAll, expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { newestEntries } from "./list.ts";
import { recordSettings } from "./settings.ts";

const log = createLog("settings-test", "silent");
let database: { readonly url: string; drop(): Promise<void> };
let sql: Sql;

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  sql = connectPostgres({ url: database.url, name: "settings-test", connectionsMax: 2 }).sql;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

test("an app's settings are kept when they change, and not at each of its starts", async () => {
  const start = (app: string, environment: Record<string, string>) =>
    recordSettings({ sql, log }, { app, config: readConfig(environment) });
  await start("console", {});
  await start("console", { HOST: "127.0.0.1" });
  await start("relay", { HOST: "0.0.0.0", MILLRACE_TRUSTED_PROXIES: "10.0.0.0/8" });
  await start("console", { MILLRACE_AUTH: "required" });
  await start("console", { MILLRACE_AUTH: "required" });
  await start("console", {});
  const kept = await newestEntries(sql, 10);
  expect(kept.map(({ target, details }) => [target, JSON.parse(details)])).toEqual([
    ["console", { access: "open" }],
    ["console", { access: "required", MILLRACE_AUTH: "required" }],
    ["relay", { access: "required", HOST: "0.0.0.0", MILLRACE_TRUSTED_PROXIES: ["10.0.0.0/8"] }],
    ["console", { access: "open" }],
  ]);
});

test("a trail that can't be written keeps no app from starting", async () => {
  await sql`alter table trail rename to trail_away`;
  try {
    await recordSettings({ sql, log }, { app: "console", config: readConfig({ HOST: "::" }) });
  } finally {
    await sql`alter table trail_away rename to trail`;
  }
  expect((await newestEntries(sql, 1))[0]?.details).not.toContain("::");
});
