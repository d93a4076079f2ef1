import { beforeEach, expect, test } from "bun:test";
import { InvalidConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import { ownDatabase } from "@millrace/testing/own-database";
import { requireCurrency } from "./currency.ts";

const log = createLog("currency-test", "silent");
const { sql } = await ownDatabase();

// Awaited here: a statement is sent when it is waited for.
beforeEach(async () => {
  await sql`truncate installation, events`;
});

const writer = (currency: string) => requireCurrency({ sql, currency, claim: true, log });
const reader = (currency: string) => requireCurrency({ sql, currency, claim: false, log });

async function pricedByEarlierVersion(currency: string): Promise<void> {
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    values ('thing-1', 1, 'ThingPriced', 1, now(), '{}', json_build_object('currency', ${currency}::text, 'amount', 500))`;
}

test("a store keeps to its first currency, and a refusal names both", async () => {
  await writer("JPY");
  await writer("JPY");
  await reader("JPY");
  for (const start of [writer, reader]) {
    await expect(start("EUR")).rejects.toThrow(InvalidConfig);
    await expect(start("EUR")).rejects.toThrow(/is EUR.*in JPY/);
  }
});

test("of writers that start at once with several currencies one wins", async () => {
  const starts = await Promise.allSettled(["USD", "EUR", "USD", "EUR"].map(writer));
  expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
});

test("a reader alone claims nothing", async () => {
  await reader("EUR");
  await writer("USD");
});

test("a store of an earlier version has the currency of its events", async () => {
  await pricedByEarlierVersion("EUR");
  await expect(writer("USD")).rejects.toThrow(/is USD.*in EUR/);
  await writer("EUR");
});

test("amounts that an earlier version counted in hundredths are not read as yen", async () => {
  await pricedByEarlierVersion("JPY");
  await expect(writer("JPY")).rejects.toThrow(/2 decimals.*JPY has 0/);
});

test("a start while Postgres is away goes on, and serves what it can", async () => {
  const away = connectPostgres({ url: "postgres://x:x@127.0.0.1:1/x", name: "away", connectionsMax: 1 });
  await requireCurrency({ sql: away.sql, currency: "USD", claim: true, log });
  await away.sql.end({ timeout: 0 });
});
