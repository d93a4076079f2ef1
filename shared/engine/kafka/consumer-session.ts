// One client of a consumer: from its making to its leaving the group. Must never hand over what it fetched once it is
// no longer the present one, or stay in the group then as a member without a consumer.
import type { EachBatchPayload, Consumer as KafkaConsumer } from "kafkajs";
import { describe } from "@millrace/platform/failure";
import { type Pace, restAfter } from "@millrace/platform/pace";
import type { Tidier } from "@millrace/platform/tidy";
import { absentTopics } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import type { ConsumerOptions } from "./consume.ts";
import { disconnect, HEARTBEAT_INTERVAL_MS, newClient } from "./consumer-client.ts";
import type { Said } from "./consumer-life.ts";
import { isKafkaError } from "./failure.ts";
import type { FetchTrouble, PatchedBatch } from "./fetch-trouble.ts";
import { missingRight } from "./missing-right.ts";
import { groupInKafka, topicFromKafka, topicInKafka } from "./names.ts";
import { received } from "./received-record.ts";

export interface SessionOptions extends ConsumerOptions {
  readonly fetchTrouble: FetchTrouble;
  readonly tidier: Tidier;
  /** False from the moment that it has to go. */
  isPresent(): boolean;
  say(what: Said): void;
}

export interface Session {
  readonly client: KafkaConsumer;
  leave(): Promise<void>;
}

/**
 * Rest before the next fetch, for each record that a partition had in this one. What comes meanwhile comes as one
 * batch: at rest that delays no reader, and under load fetches and transactions grow instead of multiplying.
 * Below some 5,000 records a second the relay paces the chain, and a fetch waits for what it publishes. Never none at
 * all: the thread that was just given the records would wait for the core until the next fetch is on its way.
 */
const PACE: Pace = (records) => Math.min(Math.max(1.5, 0.5 * records), 150);
const PARTITIONS_AT_ONCE_MAX = 64;

/** Joins the group with a new client. What becomes of it is said, never thrown. */
export function openSession(kafka: KafkaClient, options: SessionOptions): Session {
  const { say } = options;
  const client = newClient(kafka, options);
  observe(kafka, client, options);
  const watch = setInterval(() => say({ is: "watched" }), HEARTBEAT_INTERVAL_MS);
  void join(kafka, client, options).catch((error: unknown) =>
    say({ is: "failed", reason: reasonOf(kafka, error, options) }),
  );
  return {
    client,
    async leave() {
      clearInterval(watch);
      await disconnect(client);
    },
  };
}

/** Resolves once the client is consuming, or has to go. */
async function join(kafka: KafkaClient, client: KafkaConsumer, options: SessionOptions): Promise<void> {
  await options.permit?.();
  // kafkajs reads none of its topics while it can't find one of them.
  const absent = await absentTopics(kafka, options.topics);
  if (!options.isPresent()) return;
  options.say({ is: "found absent", topics: absent });
  const topics = options.topics.filter((topic) => !absent.has(topic));
  for (const [topic, reason] of absent) options.log.warn({ topic, reason }, "a topic can't be read");
  if (topics.length === 0) throw new Error([...absent].map((each) => each.join(": ")).join(", "));
  await client.connect();
  const inKafka = topics.map((topic) => topicInKafka(kafka, topic));
  if (options.isPresent()) await client.subscribe({ topics: inKafka, fromBeginning: true });
  if (options.isPresent()) await run(kafka, client, options);
  // It had to go while it was joining, and was told so before there was anything to leave.
  if (!options.isPresent()) await disconnect(client);
}

function run(kafka: KafkaClient, client: KafkaConsumer, options: SessionOptions): Promise<void> {
  return client.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE_MAX,
    eachBatch: (payload) => take(kafka, payload, options),
  });
}

async function take(kafka: KafkaClient, payload: EachBatchPayload, options: SessionOptions): Promise<void> {
  const { resolveOffset, isStale, isRunning } = payload;
  const batch = payload.batch as PatchedBatch;
  if (!options.isPresent() || !isRunning() || isStale()) return;
  const topic = topicFromKafka(kafka, batch.topic);
  if (options.fetchTrouble.note(batch, topic)) return;
  const records = batch.messages.map((message) => received(batch.partition, message));
  const moved = await options.handle({
    topic,
    partition: batch.partition,
    records,
    fetchedOffset: Number(batch.fetchedOffset),
    nextOffset: Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
    isStale,
  });
  if (moved && !isStale()) resolveOffset(batch.lastOffset());
  options.tidier.worked(
    records.length,
    records.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  await restAfter(batch.messages.length, options.pace ?? PACE);
}

function observe(kafka: KafkaClient, client: KafkaConsumer, options: SessionOptions): void {
  const { say } = options;
  const { CRASH, FETCH, GROUP_JOIN, REBALANCING, HEARTBEAT } = client.events;
  client.on(FETCH, ({ timestamp, payload: { nodeId } }) =>
    say({ is: "fetched", broker: nodeId, at: timestamp }),
  );
  client.on(HEARTBEAT, () => say({ is: "alive" }));
  client.on(CRASH, ({ payload }) => say({ is: "failed", reason: reasonOf(kafka, payload.error, options) }));
  client.on(REBALANCING, () => say({ is: "rebalancing" }));
  client.on(GROUP_JOIN, ({ payload }) => {
    const assignment = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic: topicFromKafka(kafka, topic), partition })),
    );
    say({ is: "joined", assignment });
  });
}

/** Kafka names neither the group nor the topic that a client may not read. */
function reasonOf(kafka: KafkaClient, error: unknown, { groupId, topics }: SessionOptions): string {
  const right = isKafkaError(error, ["GROUP_AUTHORIZATION_FAILED"])
    ? `read as group ${groupInKafka(kafka, groupId)}`
    : `read ${topics.length === 1 ? "topic" : "all of"} ${topics.map((topic) => topicInKafka(kafka, topic)).join(", ")}`;
  return missingRight(error, kafka, right) ?? describe(error);
}
