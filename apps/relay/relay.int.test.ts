// The relay on a real Postgres and a real Kafka, with a slow net so slow that only notifications can wake it in time.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Append, appendBatch } from "@millrace/event-store/append";
import { BY_INDEX, outboxDepth } from "@millrace/event-store/outbox";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { createPublisher, type Publisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { type Relay, startRelay } from "./relay.ts";

const NEVER_MS = 600_000;
const log = createLog("relay-test", "silent");
let sql: Sql;
let relay: Relay;
let end: () => Promise<void>;

beforeAll(async () => {
  const stack = await testStack();
  const { url, drop } = await stack.freshDatabase();
  ({ sql } = connectPostgres({ url, name: "relay-test", connectionsMax: 4 }));
  const { sql: own } = connectPostgres({ url, name: "relay", connectionsMax: 1, settings: BY_INDEX });
  const kafka = createKafka({ brokers: stack.brokers, clientId: "relay-test", log });
  // A topic of its own, since other tests read what is on the usual ones.
  const topic = stack.uniqueName("relayed");
  await createTopic(kafka, topic, 4);
  const kept = createPublisher(kafka);
  const publisher: Publisher = {
    ...kept,
    publish: (records) => kept.publish(records.map((record) => ({ ...record, topic }))),
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

/** So many orders, each on a stream of its own, in one append. */
async function append(orders: number): Promise<void> {
  const appends = Array.from({ length: orders }, (): Append => {
    const id = Bun.randomUUIDv7();
    return {
      stream: `order-${id}`,
      expectedVersion: 0,
      events: [{ type: "OrderShipped", schemaVersion: 1, data: {} }],
      metadata: { actor: "test", correlationId: id, causationId: id },
      at: new Date().toISOString(),
    };
  });
  await appendBatch(sql, appends);
}

const untilPublished = () =>
  eventually(async () => expect((await outboxDepth(sql)).records).toBe(0), { withinMs: 5_000 });

test("a relay that rests is told of an append", async () => {
  await append(1);
  await untilPublished();
});

// Seen to fail without the look after `askToBeTold`: what was appended between the last look and the lock stayed.
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
  const { unlisten } = await sql.listen("millrace_outbox", () => notified++);
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
