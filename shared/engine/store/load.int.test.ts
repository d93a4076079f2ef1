import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_INDEX, connectPostgres, PLANNED_ONCE, type Sql } from "@millrace/platform/postgres";
import { orderCodec } from "@millrace/shop/order/codec";
import { orderDecider } from "@millrace/shop/order/decide";
import { testStack } from "@millrace/testing/stack";
import { createAppender } from "./appender.ts";
import { createLoader } from "./load.ts";
import { createStreamQueues } from "./stream-queues.ts";
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
const order = { decider: orderDecider, codec: orderCodec };
const content = { customer: "Alice", lines: [], amount: 0, currency: "USD", written: {} };

/** An order of so many events, each with so many bytes of its own. */
async function insertOrder(orderId: string, events: number, bytes: number): Promise<void> {
  const data = { orderId, ...content, written: { note: "n".repeat(bytes) } };
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select ${`order-${orderId}`}, version, case version when 1 then 'OrderCreated' else 'OrderChanged' end, 1,
      ${now}::timestamptz, ${JSON.stringify(metadata)}::text::json, ${JSON.stringify(data)}::text::json
    from generate_series(1, ${events}::integer) as version`;
}

function create(orderId: string) {
  const command = { type: "CreateOrder", orderId, ...content } as const;
  return transact(store, order, { aggregateId: orderId, commands: [command], metadata, likelyNew: true });
}

function change(orderId: string, customer: string) {
  const command = { type: "ChangeOrder", customer, written: { customer } } as const;
  return transact(store, order, { aggregateId: orderId, commands: [command], metadata });
}

// Seen to fail when a stream of more than 10,000 events was an error of all that were loaded with it.
test("an order of 20,000 events is changed like any other, and so are those beside it", async () => {
  await insertOrder("long", 20_000, 10);
  await Promise.all(["a", "b", "c"].map(create));
  const changed = await Promise.all(["long", "a", "b", "c"].map((id) => change(id, "Bob")));
  expect(changed).toMatchObject([20_001, 2, 2, 2].map((version) => ({ outcome: "accepted", version })));
});

// Seen to fail with no page cut by its bytes: all 40 events came at once.
test("a page of large events holds about a megabyte, whatever they are compressed to", async () => {
  await insertOrder("pages", 40, 250_000);
  const sizes: number[] = [];
  for await (const page of store.loader.pages("order-pages")) {
    sizes.push(page.reduce((bytes, { data }) => bytes + data.length, 0));
  }
  expect(Math.max(...sizes)).toBeLessThan(1_048_576 + 260_000);
  expect(await change("pages", "Bob")).toMatchObject({ outcome: "accepted", version: 41 });
});

test("pages hold every event once, in order, wherever they are cut", async () => {
  await insertOrder("large", 1, 250_000);
  for (const events of [1, 49, 50, 51, 52, 549, 550, 551]) await insertOrder(`cut-${events}`, events, 10);
  for (const events of [1, 49, 50, 51, 52, 549, 550, 551]) {
    const versions = (await store.loader.load(`order-cut-${events}`)).map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: events }, (_, index) => index + 1));
  }
  await sql`
    update events set data = (select data from events where stream = 'order-large' and version = 1)
    where stream = 'order-cut-52' and version = 7`;
  const around = (await store.loader.load("order-cut-52")).map(({ version }) => version);
  expect(around).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
  const after = await Array.fromAsync(store.loader.pages("order-cut-52", 50));
  expect(after.flat().map(({ version }) => version)).toEqual([51, 52]);
});

test("a stream that can't be read fails its own readers and no other of its statement", async () => {
  await create("beside");
  const [good, bad, again] = await Promise.allSettled(
    ["beside", "\0", "beside"].map((id) => store.loader.load(`order-${id}`)),
  );
  expect([good?.status, bad?.status, again?.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("an event that can't be decoded fails the commands on its own stream alone", async () => {
  await insertOrder("unreadable", 1, 10);
  await sql`update events set schema_version = 99 where stream = 'order-unreadable'`;
  await create("readable");
  const [bad, good] = await Promise.allSettled([change("unreadable", "Bob"), change("readable", "Bob")]);
  expect(bad).toMatchObject({ status: "rejected" });
  expect(good).toMatchObject({ status: "fulfilled", value: { outcome: "accepted" } });
});

// Seen to fail with events stamped by the clock alone.
test("an event never carries a time before that of the event before it, whatever the clock says", async () => {
  await create("clocks");
  const created = now;
  now = "2026-01-02T03:04:05.000Z";
  await change("clocks", "Bob");
  now = "2026-01-02T03:04:06.000Z";
  await change("clocks", "Carol");
  const times = (await store.loader.load("order-clocks")).map(({ at }) => at);
  expect(times).toEqual([created, created, now]);
});
