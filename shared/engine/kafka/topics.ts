// Topics as an operator sees them.
import { ConfigResourceTypes } from "kafkajs";
import { createServed, WRITTEN } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { explained } from "./missing-right.ts";
import { groupFromKafka, topicFromKafka, topicInKafka } from "./names.ts";
import { type Admin, withAdmin } from "./with-admin.ts";

export interface TopicSummary {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** Kept ones, over all partitions; undefined where it can't be asked. */
  readonly records: number | undefined;
}

export interface TopicDescription {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly leader: number;
    readonly replicas: readonly number[];
    readonly inSync: readonly number[];
    /** First offset that is kept, and the next one to be written. */
    readonly low: number;
    readonly high: number;
  }[];
  /** What was set and is not the broker's default. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Without Kafka's own. */
export function listTopics(kafka: KafkaClient): Promise<TopicSummary[]> {
  return asWritten(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    const ours = topics.filter(({ name }) => !name.startsWith("__"));
    const summaries = await Promise.all(
      ours.map(async ({ name, partitions }) => {
        const records = await recordsIn(admin, name);
        const replication = partitions[0]?.replicas.length ?? 0;
        return { topic: name, partitions: partitions.length, replication, records };
      }),
    );
    return summaries.sort((left, right) => (left.topic < right.topic ? -1 : 1));
  });
}

/** Not known of a topic that is gone by now, or has no leader. */
async function recordsIn(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } catch {
    return undefined;
  }
}

/** Undefined where there is no such topic. */
export function describeTopic(kafka: KafkaClient, named: string): Promise<TopicDescription | undefined> {
  return asWritten(kafka, async (admin) => {
    const topic = topicInKafka(kafka, named);
    if (!(await admin.listTopics()).includes(topic)) return undefined;
    const [{ topics }, offsets, { resources }] = await Promise.all([
      admin.fetchTopicMetadata({ topics: [topic] }),
      admin.fetchTopicOffsets(topic),
      settingsOf(kafka, admin, topic),
    ]);
    const partitions = (topics[0]?.partitions ?? []).map(({ partitionId, leader, replicas, isr }) => {
      const kept = offsets.find(({ partition }) => partition === partitionId);
      return {
        partition: partitionId,
        leader,
        replicas,
        inSync: isr,
        low: Number(kept?.low ?? 0),
        high: Number(kept?.high ?? 0),
      };
    });
    const settings = (resources[0]?.configEntries ?? []).filter((entry) => !entry.isDefault);
    return {
      topic,
      partitions: partitions.sort((left, right) => left.partition - right.partition),
      settings: Object.fromEntries(settings.map((entry) => [entry.configName, entry.configValue])),
    };
  });
}

/** Answers false where there is one of that name already. */
export function makeTopic(
  kafka: KafkaClient,
  { topic, partitions, replication }: { topic: string; partitions: number; replication: number },
): Promise<boolean> {
  return asWritten(kafka, (admin) =>
    createServed(kafka, admin, [
      { topic: topicInKafka(kafka, topic), numPartitions: partitions, replicationFactor: replication },
    ]),
  );
}

/** With everything in it, for ever. Answers false where there is none of that name. */
export function deleteTopic(kafka: KafkaClient, named: string): Promise<boolean> {
  return asWritten(kafka, async (admin) => {
    const topic = topicInKafka(kafka, named);
    if (!(await admin.listTopics()).includes(topic)) return false;
    await admin.deleteTopics({ topics: [topic] }).catch((error) => {
      throw explained(error, kafka, `delete topic ${topic}`);
    });
    return true;
  });
}

/** For ever, of all that stand there now; later ones get the offsets that follow. Answers how many there were. */
export function deleteRecords(kafka: KafkaClient, named: string): Promise<number> {
  return asWritten(kafka, async (admin) => {
    const topic = topicInKafka(kafka, named);
    // By the same client: it asks the leaders, whom it knows from having been asked about the topic.
    const kept = await admin.fetchTopicOffsets(topic);
    const partitions = kept.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions });
    return kept.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  });
}

export interface GroupPosition {
  /** Without the prefix where the group is `ours`. */
  readonly group: string;
  readonly ours: boolean;
  readonly topic: string;
  readonly partition: number;
  /** The next offset that the group has committed; undefined where it has committed none. */
  readonly offset: number | undefined;
}

/**
 * How far each consumer group has said that it has come. Others' groups that can't be asked are left out.
 * @throws what Kafka says of one of ours
 */
export function groupPositions(kafka: KafkaClient): Promise<GroupPosition[]> {
  return asWritten(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    const positions = await Promise.allSettled(
      groups.map(({ groupId }) => positionsOf(kafka, admin, groupId)),
    );
    return positions.flatMap((settled, index) => {
      if (settled.status === "fulfilled") return settled.value;
      if (groupFromKafka(kafka, groups[index]?.groupId ?? "").ours) throw settled.reason;
      return [];
    });
  });
}

async function positionsOf(kafka: KafkaClient, admin: Admin, groupId: string): Promise<GroupPosition[]> {
  const topics = await admin.fetchOffsets({ groupId }).catch((error) => {
    throw explained(error, kafka, `see group ${groupId}`);
  });
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({
      ...groupFromKafka(kafka, groupId),
      topic: topicFromKafka(kafka, topic),
      partition,
      offset: Number(offset) < 0 ? undefined : Number(offset),
    })),
  );
}

/** The first offset of each partition whose record is not older than that. */
export function offsetsAt(
  kafka: KafkaClient,
  topic: string,
  timestampMs: number,
): Promise<Map<number, number>> {
  return asWritten(kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topicInKafka(kafka, topic), timestampMs);
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
  });
}

/**
 * Longest time, in ms, that the topic's records may be kept; undefined where they are kept for ever. A segment goes as a
 * whole, when its last record is past the retention, so that its first one stays for as long as the segment was written.
 */
export function recordsKeptMs(kafka: KafkaClient, topic: string): Promise<number | undefined> {
  return asWritten(kafka, async (admin) => {
    const { resources } = await settingsOf(kafka, admin, topicInKafka(kafka, topic), [
      "cleanup.policy",
      "retention.ms",
      "segment.ms",
    ]);
    const entries = resources[0]?.configEntries ?? [];
    const setting = (name: string) => entries.find(({ configName }) => configName === name)?.configValue;
    const retentionMs = Number(setting("retention.ms") ?? -1);
    const isDeleted = setting("cleanup.policy")?.includes("delete") ?? false;
    return isDeleted && retentionMs >= 0 ? retentionMs + Number(setting("segment.ms")) : undefined;
  });
}

/** Those that are named, or all of them. */
async function settingsOf(kafka: KafkaClient, admin: Admin, topic: string, configNames?: string[]) {
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic, ...(configNames && { configNames }) };
  try {
    return await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  } catch (error) {
    throw explained(error, kafka, `see the settings of topic ${topic}`);
  }
}

/** Ends of partitions are what was written, whether its transaction has ended or not. */
function asWritten<Result>(kafka: KafkaClient, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  return withAdmin(kafka, work, WRITTEN);
}
