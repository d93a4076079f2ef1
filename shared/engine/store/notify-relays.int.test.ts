// What an append says to a relay that rests.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import type { Append } from "./append.ts";
import { OUTBOX_CHANNEL } from "./outbox.ts";
import { LANE_LOCK, RESTING_LOCK } from "./outbox-lanes.ts";
import { appendBatch } from "./testing/append-batch.ts";

let sql: Sql;
let url: string;
let heard: string[] = [];
let end: () => Promise<void>;

beforeAll(async () => {
  const { url: fresh, drop } = await (await testStack()).freshDatabase();
  url = fresh;
  ({ sql } = connectPostgres({ url, name: "notify-test", connectionsMax: 2 }));
  const { sql: resting } = connectPostgres({ url, name: "notify-test-relay", connectionsMax: 1 });
  await resting`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
  await sql.listen(OUTBOX_CHANNEL, (payload) => heard.push(payload));
  end = async () => {
    await Promise.all([sql.end({ timeout: 1 }), resting.end({ timeout: 1 })]);
    await drop();
  };
});
afterAll(() => end());

function append(stream: string, expectedVersion = 0): Append {
  return {
    stream,
    expectedVersion,
    events: [{ type: "ThingShipped", schemaVersion: 1, data: {} }],
    metadata: { actor: "test", correlationId: "c", causationId: "r" },
    at: "2026-01-02T03:04:05.678Z",
  };
}

test("an append wakes a relay that rests, with a notification that carries nothing", async () => {
  for (const version of [0, 1]) {
    heard = [];
    expect(await appendBatch(sql, [append("thing-1", version)])).toEqual(["appended"]);
    await eventually(() => expect(heard).toEqual([""]));
  }
});

// Seen to fail without the look at the queue: "too many notifications", of things that were stored.
test("a queue of notifications that is half full fails no append", async () => {
  await sql`create schema full_queue`;
  await sql`
    create function full_queue.pg_notification_queue_usage() returns double precision language sql as $$ select 0.5 $$`;
  await sql`
    create function full_queue.pg_notify(text, text) returns void language plpgsql as $$
    begin raise 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$`;
  const settings = { search_path: "full_queue,pg_catalog,public" };
  const { sql: full } = connectPostgres({ url, name: "notify-test-full", connectionsMax: 1, settings });
  for (const version of [0, 1])
    expect(await appendBatch(full, [append("thing-2", version)])).toEqual(["appended"]);
  await full.end({ timeout: 1 });
});
