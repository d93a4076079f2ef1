// Topics as Millrace needs them.

import type { Kafka } from "kafkajs";
import { COMMANDS_TOPIC, EVENT_TOPICS } from "@millrace/contract/topics";
import type { Config } from "@millrace/platform/config";

type Sizing = Pick<
  Config,
  "MILLRACE_ORDER_PARTITIONS" | "MILLRACE_TOPIC_PARTITIONS" | "MILLRACE_REPLICATION"
>;

/** Long enough for a broker that is only just up. */
const ADMIN_TIMEOUT_MS = 20_000;

/** Creates the topics that are missing. Never changes one that exists: its partitions decide where keys live. */
export async function ensureTopics(kafka: Kafka, sizing: Sizing): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 10 } });
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const wanted = [...Object.values(EVENT_TOPICS), COMMANDS_TOPIC].filter((topic) => !existing.has(topic));
    if (wanted.length === 0) return;
    await admin.createTopics({
      timeout: ADMIN_TIMEOUT_MS,
      waitForLeaders: true,
      topics: wanted.map((topic) => ({
        topic,
        numPartitions:
          topic === EVENT_TOPICS.order ? sizing.MILLRACE_ORDER_PARTITIONS : sizing.MILLRACE_TOPIC_PARTITIONS,
        replicationFactor: sizing.MILLRACE_REPLICATION,
      })),
    });
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

/** Creates one topic. @throws when it exists already. */
export async function createTopic(kafka: Kafka, topic: string, partitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
  } finally {
    await admin.disconnect();
  }
}
