// The death of a single partition's worker. It is a thread, so that no signal reaches it alone: here the real
// supervisor runs a worker that dies by itself, in the middle of its transactions.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { startSupervisor } from "@millrace/projector/supervisor";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { type TestStack, testStack } from "@millrace/testing/stack";

let stack: TestStack;
let sql: Sql;
let url: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  stack = await testStack();
  ({ url, drop } = await stack.freshDatabase());
  ({ sql } = connectPostgres({ url, name: "actor-test", connectionsMax: 2 }));
  await sql`create table effects (id bigint generated always as identity, key text, partition integer, "offset" bigint)`;
  await sql`create table crashes (place text primary key)`;
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await drop();
});

const RECORDS = 120;
const CRASH_EVERY = 40;

const log = createLog("actor-test", "silent");

function supervise(kafka: KafkaClient, topic: string) {
  const worker = new URL("./crashing-worker.ts", import.meta.url);
  // biome-ignore lint/style/noProcessEnv: the worker reads its configuration from there
  Object.assign(process.env, { DATABASE_URL: url, CRASHING_TOPIC: topic });
  const supervisor = startSupervisor({
    kafka,
    log,
    groupId: topic,
    topics: [topic],
    worker,
    mailboxRecordsMax: 50,
  });
  supervisor.start();
  return supervisor;
}

// Seen to fail with the checkpoint moved in a transaction of its own, after the effects: those of each batch that
// a crash fell into took effect twice.
test("a killed worker's batch takes effect exactly once, and in order", async () => {
  const kafka = createKafka({ names: shop.kafkaNames, brokers: stack.brokers, clientId: "actor-test", log });
  const topic = stack.uniqueName("crashing");
  await createTopic(kafka, topic, 2);
  const supervisor = supervise(kafka, topic);
  const publisher = createPublisher(kafka);
  await publisher.publish(
    Array.from({ length: RECORDS }, (_, index) => ({
      topic,
      key: `key-${index % 10}`,
      value: "{}",
      headers: index % CRASH_EVERY === 7 ? { crash: "yes" } : {},
    })),
  );
  await eventually(
    async () => {
      const [row] = await sql<{ effects: number }[]>`select count(*)::int as effects from effects`;
      expect(row?.effects).toBeGreaterThanOrEqual(RECORDS);
    },
    { withinMs: 60_000 },
  );
  const restarts = supervisor.status().partitions.reduce((sum, partition) => sum + partition.restarts, 0);
  await supervisor.stop();
  await publisher.disconnect();

  expect(restarts).toBe(RECORDS / CRASH_EVERY);
  const effects = await sql<{ partition: number; offset: number }[]>`
    select partition, "offset"::int as "offset" from effects order by id`;
  expect(effects).toHaveLength(RECORDS);
  for (const partition of [0, 1]) {
    const offsets = effects.filter((effect) => effect.partition === partition).map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, index) => index));
  }
});

// Seen to fail with all handlers read from the lowest checkpoint: the record waited for the others' hundred.
test("a read model that is far behind holds up none of its topic's others, says so, and joins them once it is built", async () => {
  const kafka = createKafka({ names: shop.kafkaNames, brokers: stack.brokers, clientId: "actor-test", log });
  const topic = stack.uniqueName("behind");
  await createTopic(kafka, topic, 1);
  await sql`
    insert into checkpoints (projection, topic, partition, epoch, "offset", owner)
    values ('effects', ${topic}, 0, 1, 100, 'test')`;
  const records = (count: number) =>
    Array.from({ length: count }, () => ({ topic, key: "k", value: "{}", headers: {} }));
  const publisher = createPublisher(kafka);
  await publisher.publish(records(101));
  const supervisor = supervise(kafka, topic);
  const offsets = async () =>
    (await sql`select projection, "offset"::int from checkpoints where topic = ${topic} order by 1`).map(
      (row) => row.offset,
    );
  await eventually(async () => {
    expect(await offsets()).toEqual([101, 0]);
    expect(supervisor.notReady()).toContain("others: too far behind");
  });
  // As the switch of a rebuild leaves it.
  await sql`update checkpoints set "offset" = 101, epoch = epoch + 1 where projection = 'others' and topic = ${topic}`;
  await publisher.publish(records(1));
  await eventually(
    async () => {
      expect(await offsets()).toEqual([102, 102]);
      expect(supervisor.notReady()).toBeUndefined();
    },
    { withinMs: 20_000 },
  );
  await supervisor.stop();
  await publisher.disconnect();
});
