import { afterAll, beforeAll, expect, test } from "bun:test";
import { topicOf } from "@millrace/events/topics";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { consumeEach } from "@millrace/kafka/consume-each";
import { GROUPS, type KafkaNames } from "@millrace/kafka/names";
import { createPublisher, type Publisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { readLag } from "./lag.ts";

const NAMES: KafkaNames = {
  categories: ["note", "label", "shelf"],
  commandsTopic: "note-commands",
  processGroups: ["labels"],
};

const log = createLog("lag-test", "silent");
const TOPIC = topicOf("note");
let kafka: KafkaClient;
let sql: Sql;
let publisher: Publisher;
let drop: () => Promise<void>;

beforeAll(async () => {
  const stack = await testStack();
  kafka = createKafka({
    names: NAMES,
    brokers: stack.brokers,
    clientId: "lag-test",
    prefix: `${stack.uniqueName("lag")}.`,
    log,
  });
  const database = await stack.freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({ url: database.url, name: "lag-test", connectionsMax: 1 }));
  await ensureTopics(kafka, { partitionsOf: (topic) => (topic === "note-events" ? 2 : 1), replication: 1 });
  publisher = createPublisher(kafka);
});
afterAll(async () => {
  await publisher.disconnect();
  await sql.end();
  await drop();
});

const behind = async () =>
  (await readLag({ sql, kafka }))
    .filter(({ decides, lag }) => decides && lag > 0)
    .map(({ name, topic, partition, lag }) => [name, topic.slice(kafka.prefix.length), partition, lag]);

async function send(topic: string, ...keys: string[]): Promise<void> {
  await publisher.publish(keys.map((key) => ({ topic, key, value: "{}", headers: {} })));
}

async function checkpoint(partition: number, offset: number): Promise<void> {
  await sql`
    insert into checkpoints (projection, topic, partition, epoch, "offset", owner)
    values ('things', ${TOPIC}, ${partition}, 1, ${offset}, 'test')
    on conflict (projection, topic, partition) do update set "offset" = excluded."offset"`;
}

// Seen to fail with what has a checkpoint alone: partitions that nobody had claimed were never behind.
test("what nobody has claimed yet is behind, and so is all of a topic that ends before its checkpoint", async () => {
  expect(await behind()).toEqual([]);
  // By Java's hash of their keys one goes to each partition.
  await send(TOPIC, "a", "b", "c", "d");
  await send(NAMES.commandsTopic, "a");
  const unread = await behind();
  expect(unread.map(([name]) => name)).toEqual(["(nobody yet)", "(nobody yet)", GROUPS.commands]);
  expect(unread.reduce((sum, row) => sum + Number(row[3]), 0)).toBe(5);

  const [first, second] = unread.map((row) => Number(row[3])) as [number, number];
  await checkpoint(0, first);
  expect(await behind()).toEqual([
    ["things", TOPIC, 1, second],
    [GROUPS.commands, NAMES.commandsTopic, 0, 1],
  ]);
  await checkpoint(1, 1_000);
  expect(await behind()).toContainEqual(["things", TOPIC, 1, second]);
  await checkpoint(1, second);
  expect(await behind()).toEqual([[GROUPS.commands, NAMES.commandsTopic, 0, 1]]);
});

// Seen to fail with every group counting: whatever a stranger's group had left behind it was never made up for.
test("other people's groups are shown, and decide nothing", async () => {
  const groupId = "somebody-else";
  await send(NAMES.commandsTopic, "a");
  const consumer = consumeEach(kafka, {
    groupId,
    topics: [NAMES.commandsTopic],
    log,
    handle: async () => {},
  });
  consumer.start();
  const theirs = async () =>
    (await readLag({ sql, kafka })).filter(({ name }) => name === kafka.prefix + groupId);
  await eventually(async () => expect(await theirs()).toMatchObject([{ lag: 0 }]), { withinMs: 20_000 });
  await consumer.stop();
  await send(NAMES.commandsTopic, "b");
  expect(await theirs()).toMatchObject([{ kind: "group", lag: 1, decides: false }]);
  expect((await behind()).map(([name]) => name)).toEqual([GROUPS.commands]);
});
