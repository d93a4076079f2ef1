import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_INDEX, connectPostgres, PLANNED_ONCE, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { createAppender } from "./appender.ts";
import { createLoader } from "./load.ts";
import { createStreamQueues } from "./stream-queues.ts";
import { tally } from "./testing/tally.ts";
import { type EventStore, transact } from "./transact.ts";

let sql: Sql;
let store: EventStore;
let drop: () => Promise<void>;
let now = "2026-01-02T03:04:05.678Z";

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  const settings = { ...PLANNED_ONCE, ...BY_INDEX };
  ({ sql } = connectPostgres({ url: database.url, name: "load-test", connectionsMax: 4, settings }));
  const appender = createAppender(sql, {
    queueMax: 1_000,
    queueBytesMax: 10_000_000,
    batchMax: 50,
    flightsMax: 2,
  });
  store = {
    appender,
    loader: createLoader(sql),
    now: () => now,
    queues: createStreamQueues({ waitingMax: 1_000 }),
    raceMsMax: 5_000,
  };
});
afterAll(async () => {
  await sql.end();
  await drop();
});

const metadata = { actor: "tester", correlationId: "c", causationId: "r" };
const { decider, codec } = tally;

/** A tally of so many events, each with so many bytes of its own. */
async function insertTally(id: string, events: number, bytes: number): Promise<void> {
  const data = { by: 1, note: "n".repeat(bytes) };
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select ${`tally-${id}`}, version, 'Added', 1,
      ${now}::timestamptz, ${JSON.stringify(metadata)}::text::json, ${JSON.stringify(data)}::text::json
    from generate_series(1, ${events}::integer) as version`;
}

function add(id: string, by: number, likelyNew = false) {
  const command = { type: "Add", by } as const;
  return transact(store, { decider, codec }, { aggregateId: id, commands: [command], metadata, likelyNew });
}

const create = (id: string) => add(id, 1, true);

// Seen to fail when a stream of more than 10,000 events was an error of all that were loaded with it.
test("a stream of 20,000 events is changed like any other, and so are those beside it", async () => {
  await insertTally("long", 20_000, 10);
  await Promise.all(["a", "b", "c"].map(create));
  const changed = await Promise.all(["long", "a", "b", "c"].map((id) => add(id, 2)));
  expect(changed).toMatchObject([20_001, 2, 2, 2].map((version) => ({ outcome: "accepted", version })));
});

// Seen to fail with no page cut by its bytes: all 40 events came at once.
test("a page of large events holds about a megabyte, whatever they are compressed to", async () => {
  await insertTally("pages", 40, 250_000);
  const sizes: number[] = [];
  for await (const page of store.loader.pages("tally-pages")) {
    sizes.push(page.reduce((bytes, { data }) => bytes + data.length, 0));
  }
  expect(Math.max(...sizes)).toBeLessThan(1_048_576 + 260_000);
  expect(await add("pages", 2)).toMatchObject({ outcome: "accepted", version: 41 });
});

test("pages hold every event once, in order, wherever they are cut", async () => {
  await insertTally("large", 1, 250_000);
  for (const events of [1, 49, 50, 51, 52, 549, 550, 551]) await insertTally(`cut-${events}`, events, 10);
  for (const events of [1, 49, 50, 51, 52, 549, 550, 551]) {
    const versions = (await store.loader.load(`tally-cut-${events}`)).map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: events }, (_, index) => index + 1));
  }
  await sql`
    update events set data = (select data from events where stream = 'tally-large' and version = 1)
    where stream = 'tally-cut-52' and version = 7`;
  const around = (await store.loader.load("tally-cut-52")).map(({ version }) => version);
  expect(around).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
  const after = await Array.fromAsync(store.loader.pages("tally-cut-52", 50));
  expect(after.flat().map(({ version }) => version)).toEqual([51, 52]);
});

test("a stream that can't be read fails its own readers and no other of its statement", async () => {
  await create("beside");
  const [good, bad, again] = await Promise.allSettled(
    ["beside", "\0", "beside"].map((id) => store.loader.load(`tally-${id}`)),
  );
  expect([good?.status, bad?.status, again?.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("an event that can't be decoded fails the commands on its own stream alone", async () => {
  await insertTally("unreadable", 1, 10);
  await sql`update events set schema_version = 99 where stream = 'tally-unreadable'`;
  await create("readable");
  const [bad, good] = await Promise.allSettled([add("unreadable", 2), add("readable", 2)]);
  expect(bad).toMatchObject({ status: "rejected" });
  expect(good).toMatchObject({ status: "fulfilled", value: { outcome: "accepted" } });
});

// Seen to fail with events stamped by the clock alone.
test("an event never carries a time before that of the event before it, whatever the clock says", async () => {
  await create("clocks");
  const created = now;
  now = "2026-01-02T03:04:05.000Z";
  await add("clocks", 2);
  now = "2026-01-02T03:04:06.000Z";
  await add("clocks", 2);
  const times = (await store.loader.load("tally-clocks")).map(({ at }) => at);
  expect(times).toEqual([created, created, now]);
});
