// Topics as Millrace needs them.

import type { Admin, ITopicConfig, Kafka } from "kafkajs";
import { COMMANDS_TOPIC, EVENT_TOPICS } from "@millrace/contract/topics";
import type { Config } from "@millrace/platform/config";
import { Failure } from "@millrace/platform/failure";

type Sizing = Pick<
  Config,
  "MILLRACE_ORDER_PARTITIONS" | "MILLRACE_TOPIC_PARTITIONS" | "MILLRACE_REPLICATION"
>;

/** Long enough for a broker that is only just up. */
const SERVED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Creates the topics that are missing. Never changes one that exists: its partitions decide where keys live. */
export async function ensureTopics(kafka: Kafka, sizing: Sizing): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 10 } });
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const wanted = [...Object.values(EVENT_TOPICS), COMMANDS_TOPIC].filter((topic) => !existing.has(topic));
    await create(
      admin,
      wanted.map((topic) => ({
        topic,
        numPartitions:
          topic === EVENT_TOPICS.order ? sizing.MILLRACE_ORDER_PARTITIONS : sizing.MILLRACE_TOPIC_PARTITIONS,
        replicationFactor: sizing.MILLRACE_REPLICATION,
      })),
    );
  } finally {
    await admin.disconnect();
  }
}

/** Creates one topic; nothing where it exists already. */
export async function createTopic(kafka: Kafka, topic: string, partitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await create(admin, [{ topic, numPartitions: partitions }]);
  } finally {
    await admin.disconnect();
  }
}

/**
 * Resolves when every partition is served by its leader. kafkajs' own wait gives up at the first answer of a
 * broker that has not heard of the topic yet, and a broker that is named as the leader may not know it yet.
 */
async function create(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({ timeout: SERVED_WITHIN_MS, waitForLeaders: false, topics });
  const names = topics.map(({ topic }) => topic);
  const deadline = Date.now() + SERVED_WITHIN_MS;
  for (;;) {
    const served = await Promise.all(names.map((name) => admin.fetchTopicOffsets(name))).then(
      () => true,
      () => false,
    );
    if (served) return;
    if (Date.now() > deadline) {
      throw new Failure(
        "kafka_unavailable",
        `${names.join(", ")} are not served after ${SERVED_WITHIN_MS} ms`,
        true,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** The next offset of each partition of the topics. */
export async function topicEnds(
  kafka: Kafka,
  topics: readonly string[],
): Promise<{ topic: string; partition: number; offset: number }[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
          topic,
          partition,
          offset: Number(high),
        })),
      ),
    );
    return ends.flat();
  } finally {
    await admin.disconnect();
  }
}

/** First kept and next offset of each partition. */
export async function topicOffsets(
  kafka: Kafka,
  topic: string,
): Promise<{ partition: number; low: number; high: number }[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
  } finally {
    await admin.disconnect();
  }
}

/** Forgets a consumer group that nobody is in any more. In vain while the broker still waits for a member. */
export async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // The broker forgets an empty group by itself, later.
  } finally {
    await admin.disconnect();
  }
}
