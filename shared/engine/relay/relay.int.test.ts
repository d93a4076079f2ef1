// The relay on a real Postgres and a real Kafka, with a slow net so slow that only notifications can wake it in time.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher, type Publisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { BY_INDEX, connectPostgres, PLANNED_ONCE, type Sql } from "@millrace/platform/postgres";
import type { Append } from "@millrace/store/append";
import { laneOf } from "@millrace/store/lanes";
import { OUTBOX_CHANNEL, outboxDepth, printMessages } from "@millrace/store/outbox";
import { RESTING_LOCK } from "@millrace/store/outbox-lanes";
import { appendBatch } from "@millrace/store/testing/append-batch";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { type Relay, startRelay } from "./relay.ts";

const NEVER_MS = 600_000;
const log = createLog("relay-test", "silent");
let sql: Sql;
let relay: Relay;
/** `stream@version`, in the order in which Kafka got them. */
const published: string[] = [];
let end: () => Promise<void>;

beforeAll(async () => {
  const stack = await testStack();
  const { url, drop } = await stack.freshDatabase();
  ({ sql } = connectPostgres({ url, name: "relay-test", connectionsMax: 4 }));
  const { sql: own } = connectPostgres({
    url,
    name: "relay",
    connectionsMax: 1,
    settings: { ...PLANNED_ONCE, ...BY_INDEX },
  });
  const kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "relay-test", log });
  // A topic of its own, since other tests read what is on the usual ones.
  const topic = stack.uniqueName("relayed");
  await createTopic(kafka, topic, 4);
  const kept = createPublisher(kafka);
  const publisher: Publisher = {
    ...kept,
    send(records) {
      for (const { headers } of records) published.push(`${headers.ce_subject}@${headers.ce_streamversion}`);
      return kept.send(records.map((record) => ({ ...record, topic })));
    },
  };
  relay = startRelay({
    ...{ sql: own, databaseUrl: url, publisher, log, pollMs: NEVER_MS, recordsMax: 1_000 },
    ends: async () => [],
  });
  await eventually(() => expect([relay.notReady(), relay.status().lanes.length]).toEqual([undefined, 4]));
  end = async () => {
    await relay.stop();
    await publisher.disconnect();
    await Promise.all([sql.end({ timeout: 1 }), own.end({ timeout: 1 })]);
    await drop();
  };
}, 60_000);
afterAll(() => end());

/** So many things, each on a stream of its own, in one append. */
async function append(things: number): Promise<void> {
  await appendBatch(
    sql,
    Array.from({ length: things }, () => appendOf(`thing-${Bun.randomUUIDv7()}`)),
  );
}

function appendOf(stream: string): Append {
  return {
    stream,
    expectedVersion: 0,
    events: [{ type: "ThingShipped", schemaVersion: 1, data: {} }],
    metadata: { actor: "test", correlationId: "c", causationId: "r" },
    at: new Date().toISOString(),
  };
}

/** An event, as append_batch puts it into the outbox. */
function printed(stream: string, version: number): string {
  const metadata = JSON.stringify({ actor: "test", correlationId: "c", causationId: "r" });
  const rest = { type: "ThingShipped", schemaVersion: 1, at: new Date().toISOString(), metadata, data: "{}" };
  return printMessages([{ stream, version, ...rest }]);
}

/** Who appended it died before it could tell. */
async function appendUntold(stream: string): Promise<void> {
  const [data, at] = ["{}", new Date().toISOString()];
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    values (${stream}, 1, 'ThingShipped', 1, ${at}, '{}', ${data})`;
  await sql`insert into outbox (lane, records, messages) values (${laneOf(stream)}, 1, ${printed(stream, 1)})`;
}

const untilPublished = () =>
  eventually(async () => expect((await outboxDepth(sql)).records).toBe(0), { withinMs: 5_000 });

test("a relay that rests is told of an append", async () => {
  await append(1);
  await untilPublished();
});

const untilItRests = () =>
  eventually(async () => {
    const [row] = await sql`
      select count(*)::int as locks from pg_locks where locktype = 'advisory' and objid = ${RESTING_LOCK}::int::oid and granted
        and database = (select oid from pg_database where datname = current_database())`;
    expect(row?.locks).toBe(1);
  });

test("a notification that is forged is only a reason to look", async () => {
  await untilItRests();
  const before = published.length;
  const forged = ["", "x", `1\t0\t${printed("thing-forged", 1)}`, "1\t0\ta\tb\tc\td\te\n{"];
  for (const payload of forged) await sql`select pg_notify(${OUTBOX_CHANNEL}, ${payload})`;
  await append(1);
  await untilPublished();
  expect(published.length - before).toBe(1);
});

test("what follows an event that nobody told of is published after it", async () => {
  await untilItRests();
  const stream = `thing-${Bun.randomUUIDv7()}`;
  await appendUntold(stream);
  await appendBatch(sql, [{ ...appendOf(stream), expectedVersion: 1 }]);
  await untilPublished();
  expect(published.slice(-2)).toEqual([`${stream}@1`, `${stream}@2`]);
});

test("what keeps coming is removed nevertheless", async () => {
  await untilItRests();
  const before = published.length;
  let most = 0;
  for (let order = 0; order < 100; order++) {
    await append(1);
    most = Math.max(most, (await outboxDepth(sql)).records);
    await Bun.sleep(5);
  }
  await untilPublished();
  // Each once.
  expect(published.length - before).toBe(100);
  expect(most).toBeLessThan(40);
});

// Seen to fail without the look after `askToBeNotified`: what was appended between the last look and the lock stayed.
// And with appends that never notify, at once.
test("what is appended while a busy relay comes to rest is never left behind", async () => {
  for (let burst = 0; burst < 200; burst++) {
    await append(60);
    // It comes to rest some ten milliseconds later: at whatever moment of that, one more.
    const at = performance.now() + 4 + Math.random() * 14;
    while (performance.now() < at) await Bun.sleep(0);
    await append(1);
    await untilPublished();
  }
}, 60_000);

test("nobody notifies a busy relay", async () => {
  let notified = 0;
  const { unlisten } = await sql.listen(OUTBOX_CHANNEL, () => notified++);
  const until = performance.now() + 1_000;
  let appends = 0;
  while (performance.now() < until) {
    await Promise.all([append(60), append(60)]);
    appends += 2;
  }
  await untilPublished();
  await unlisten();
  // At first it rests, and two appends that try its lock at once may each take the other for it.
  expect(notified).toBeLessThan(appends / 2);
});
