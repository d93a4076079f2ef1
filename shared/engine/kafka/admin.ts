// Topics as Millrace needs them.

import type { ITopicConfig } from "kafkajs";
import { Failure } from "@millrace/platform/failure";
import type { KafkaClient } from "./client.ts";
import { isKafkaError } from "./failure.ts";
import { explained, missingRight } from "./missing-right.ts";
import { commandsReplyTopic, eventTopics, groupInKafka, topicInKafka } from "./names.ts";
import { type Admin, withAdmin } from "./with-admin.ts";

export interface Sizing {
  /** Of a topic of events or commands that is not there yet. */
  partitionsOf(topic: string): number;
  readonly replication: number;
}

/** Longest time, in ms, until new topics are served: enough for a broker that is only just up. */
const SERVED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Creates the topics that are missing. Never changes one that exists: its partitions decide where keys live. */
export async function ensureTopics(kafka: KafkaClient, sizing: Sizing): Promise<void> {
  const { names, prefix } = kafka;
  const wanted = [
    ...[...eventTopics(names), names.commandsTopic].map(
      (topic) => [topic, topicInKafka(kafka, topic)] as const,
    ),
    // Clients make its name from that of the commands' topic as they see it.
    [commandsReplyTopic(names), prefix + commandsReplyTopic(names)] as const,
  ];
  const create = async (admin: Admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter(([, name]) => !existing.has(name));
    const topics = missing.map(([topic, name]) => ({
      topic: name,
      numPartitions: sizing.partitionsOf(topic),
      replicationFactor: sizing.replication,
    }));
    await createServed(kafka, admin, topics);
  };
  await withAdmin(kafka, create, { retry: { retries: 10 } });
}

/** Creates one topic; nothing where it exists already. */
export async function createTopic(
  kafka: KafkaClient,
  topic: string,
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const wanted = { topic: topicInKafka(kafka, topic), numPartitions: partitions, configEntries };
  await withAdmin(kafka, (admin) => createServed(kafka, admin, [wanted]));
}

/**
 * Resolves when every partition is served by its leader: to false where there are such topics already. kafkajs' own wait
 * gives up at the first answer of a broker that has not heard of the topic yet, and a broker that is named as the leader
 * may not know it yet.
 */
export async function createServed(
  kafka: KafkaClient,
  admin: Admin,
  topics: ITopicConfig[],
): Promise<boolean> {
  if (topics.length === 0) return false;
  const names = topics.map(({ topic }) => topic);
  const isNew = await admin
    .createTopics({ timeout: SERVED_WITHIN_MS, waitForLeaders: false, topics })
    .catch((error) => {
      throw explained(error, kafka, `create topic ${names.join(", ")}`);
    });
  const deadline = Date.now() + SERVED_WITHIN_MS;
  for (;;) {
    const served = await Promise.all(names.map((name) => admin.fetchTopicOffsets(name))).then(
      () => true,
      () => false,
    );
    if (served) return isNew;
    if (Date.now() > deadline) {
      throw new Failure(
        "kafka_unavailable",
        `${names.join(", ")}: created, but not all of their partitions have a leader after ${SERVED_WITHIN_MS / 1_000} s, so nothing can be written or read there. Kafka may have just started, or a broker is away: look at it, and try again`,
        true,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** The next offset of each partition of the topics. @throws as `topicOffsets` does */
export async function topicEnds(
  kafka: KafkaClient,
  topics: readonly string[],
): Promise<{ topic: string; partition: number; offset: number }[]> {
  const offsets = await withLeaders(kafka, topics, WRITTEN);
  return offsets.map(({ topic, partition, high }) => ({ topic, partition, offset: high }));
}

/** First kept and next offset of each partition. @throws what Kafka says of the topic */
export function topicOffsets(kafka: KafkaClient, topic: string): Promise<PartitionOffsets[]> {
  return withLeaders(kafka, [topic], WRITTEN);
}

/**
 * The same up to where a transaction is still open: nobody reads past it before it ends. @throws as `topicOffsets` does
 */
export function settledOffsets(kafka: KafkaClient, topic: string): Promise<PartitionOffsets[]> {
  return withLeaders(kafka, [topic], SETTLED);
}

interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** What Kafka says of a topic that can't be read now, while it can be asked for others. */
const ABSENT: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "there is no such topic",
  LEADER_NOT_AVAILABLE: "a partition has no leader",
};

/** Which of the topics can't be read now, and why. @throws what Kafka says while it can't be asked at all */
export async function absentTopics(
  kafka: KafkaClient,
  topics: readonly string[],
): Promise<Map<string, string>> {
  const look = async (admin: Admin) => {
    const absent = new Map<string, string>();
    for (const topic of topics) {
      const reason = await whyAbsent(kafka, admin, topicInKafka(kafka, topic));
      if (reason !== undefined) absent.set(topic, reason);
    }
    return absent;
  };
  return withAdmin(kafka, look, { retry: { retries: 0 } });
}

async function whyAbsent(kafka: KafkaClient, admin: Admin, name: string): Promise<string | undefined> {
  try {
    await admin.fetchTopicMetadata({ topics: [name] });
    return undefined;
  } catch (error) {
    const type = Object.keys(ABSENT).find((each) => isKafkaError(error, [each]));
    const reason = type === undefined ? missingRight(error, kafka, `see topic ${name}`) : ABSENT[type];
    if (reason === undefined) throw error;
    return reason;
  }
}

/** Which ends a client asks for, in Kafka's numbers; the patched client passes them on. */
export const WRITTEN: object = { isolationLevel: 0 };
const SETTLED: object = { isolationLevel: 1 };

/** Longest time, in ms, that a partition may have no leader that knows itself as one: after a restart, in an election. */
const LEADER_WITHIN_MS = 5_000;

/** Asks again, with a client that has not learned yet who leads, while nobody leads or someone else does. */
async function withLeaders(
  kafka: KafkaClient,
  topics: readonly string[],
  ends: object,
): Promise<PartitionOffsets[]> {
  const deadline = Date.now() + LEADER_WITHIN_MS;
  const ask = async (admin: Admin) =>
    (await Promise.all(topics.map((topic) => offsetsOf(kafka, admin, topic)))).flat();
  for (;;) {
    try {
      return await withAdmin(kafka, ask, ends);
    } catch (error) {
      if (!isKafkaError(error, WITHOUT_LEADER) || Date.now() > deadline) throw error;
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

async function offsetsOf(kafka: KafkaClient, admin: Admin, topic: string): Promise<PartitionOffsets[]> {
  const inKafka = topicInKafka(kafka, topic);
  try {
    const offsets = await admin.fetchTopicOffsets(inKafka);
    return offsets.map(({ partition, low, high }) => ({
      ...{ topic, partition },
      low: Number(low),
      high: Number(high),
    }));
  } catch (error) {
    throw explained(error, kafka, `see topic ${inKafka}`);
  }
}

const WITHOUT_LEADER = ["NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE"];

/** Deletes a consumer group without members. The broker refuses it while it still waits for a member. */
export async function deleteGroup(kafka: KafkaClient, groupId: string): Promise<void> {
  const remove = (admin: Admin) => admin.deleteGroups([groupInKafka(kafka, groupId)]);
  await withAdmin(kafka, remove).catch(() => {
    // The broker forgets an empty group by itself, later.
  });
}
