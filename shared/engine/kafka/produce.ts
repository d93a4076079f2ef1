// One request to each leader, and one fate for each partition: what one of them refuses fails nobody else's records.
// Must never take a record for stored whose partition is not among the answers.

import { CompressionTypes } from "kafkajs";
import { describe } from "@millrace/platform/failure";
import { explained, type SignedIn } from "./missing-right.ts";
import { type Named, topicInKafka } from "./names.ts";
import { partitionOf } from "./partition-of.ts";
import type { OutgoingRecord } from "./publish.ts";

/** The records of one publish that go to one partition, by their places among those that were given. */
export interface Group {
  readonly topic: string;
  /** Undefined where the topic's partitions are not known. */
  readonly partition: number | undefined;
  readonly records: readonly number[];
}

/** Why Kafka did not store a group. */
export interface Refusal {
  /** As Kafka's protocol names it, or `UNREACHABLE`, where the leader did not answer. */
  readonly code: string;
  readonly error: unknown;
}

/** What became of a group: the offset of its first record, or why none of it was stored. */
export type Sent = Group & ({ readonly offset: number } | { readonly refusal: Refusal });

export const UNREACHABLE = "UNREACHABLE";

/** What is used of kafkajs' cluster, which the patch hands out beside its producer. */
export interface Cluster {
  readonly brokerPool: { takesPartOfMetadata?: boolean; readonly metadata: Metadata | null };
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(of: { nodeId: number }): Promise<Broker>;
}

interface Metadata {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly error?: unknown;
    readonly partitionMetadata: readonly {
      readonly partitionId: number;
      readonly leader: number;
      readonly error?: unknown;
    }[];
  }[];
}

interface Broker {
  produce(request: unknown): Promise<ProduceResponse>;
}

interface ProduceResponse {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly baseOffset: string;
      readonly error?: unknown;
    }[];
  }[];
}

/** acks = all. */
const ALL_REPLICAS = -1;

/** Who is asked, and what our topics are called there. */
export interface Asked {
  readonly cluster: Cluster;
  readonly named: Named & SignedIn;
}

/** Says why a partition is not to be asked now. */
type Closed = (topic: string, partition: number | undefined) => Refusal | undefined;

/** @throws where nothing is known of the cluster, so that nothing was sent. */
export async function produce(
  at: Asked,
  records: readonly OutgoingRecord[],
  closed: Closed = () => undefined,
): Promise<Sent[]> {
  const { cluster, named } = at;
  cluster.brokerPool.takesPartOfMetadata = true;
  const byTopic = Map.groupBy(records.keys(), (index) => (records[index] as OutgoingRecord).topic);
  const sent: Sent[] = [];
  for (const [topic, indexes] of byTopic) {
    const refusal = closed(topic, undefined);
    if (!refusal) continue;
    sent.push({ topic, partition: undefined, records: indexes, refusal });
    byTopic.delete(topic);
  }
  await cluster.addMultipleTargetTopics([...byTopic.keys()].map((topic) => topicInKafka(named, topic)));
  await cluster.refreshMetadataIfNecessary();
  const byLeader = new Map<number, LedGroup[]>();
  for (const [topic, indexes] of byTopic) {
    for (const placed of place(at, topic, indexes, records)) {
      const refusal = closed(topic, placed.partition);
      if ("refusal" in placed) sent.push(placed);
      else if (refusal) sent.push({ topic, partition: placed.partition, records: placed.records, refusal });
      else byLeader.set(placed.leader, [...(byLeader.get(placed.leader) ?? []), placed]);
    }
  }
  const asked = [...byLeader].map(([leader, groups]) => askLeader(at, leader, groups, records));
  return sent.concat(...(await Promise.all(asked)));
}

interface LedGroup extends Group {
  readonly partition: number;
  readonly leader: number;
}

type Refused = Group & { readonly refusal: Refusal };

/** One topic's records by partition, with its leader. */
function place(
  { cluster, named }: Asked,
  topic: string,
  indexes: readonly number[],
  records: readonly OutgoingRecord[],
): readonly (LedGroup | Refused)[] {
  const known = cluster.brokerPool.metadata?.topicMetadata.find(
    (each) => each.topic === topicInKafka(named, topic),
  );
  if (!known || known.error || known.partitionMetadata.length === 0)
    return [
      {
        ...{ topic, partition: undefined, records: indexes },
        refusal: refusalOf(known?.error ?? noPartition, named, topic),
      },
    ];
  const partitions = known.partitionMetadata.length;
  // Records without a key may stand anywhere: one publish's stand together.
  const anywhere = Math.floor(Math.random() * partitions);
  const byPartition = Map.groupBy(indexes, (index) => {
    const { partition, key } = records[index] as OutgoingRecord;
    return partition ?? (key === null ? anywhere : partitionOf(key, partitions));
  });
  return [...byPartition].map(([partition, group]) => {
    const led = known.partitionMetadata.find(({ partitionId }) => partitionId === partition);
    const at = { topic, partition, records: group };
    if (led && !led.error && led.leader >= 0) return { ...at, leader: led.leader };
    return { ...at, refusal: refusalOf(led ? (led.error ?? noLeader) : noPartition, named, topic) };
  });
}

async function askLeader(
  { cluster, named }: Asked,
  leader: number,
  groups: readonly LedGroup[],
  records: readonly OutgoingRecord[],
): Promise<Sent[]> {
  try {
    const broker = await cluster.findBroker({ nodeId: leader });
    const topicData = [...Map.groupBy(groups, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic: topicInKafka(named, topic),
      partitions: ofTopic.map(({ partition, records: indexes }) => ({
        partition,
        messages: indexes.map((index) => records[index]),
      })),
    }));
    const request = { acks: ALL_REPLICAS, compression: CompressionTypes.None, topicData };
    const { topics } = await broker.produce(request).catch(responseWithErrors);
    return groups.map(({ topic, partition, records: indexes }): Sent => {
      const answer = topics
        .find(({ topicName }) => topicName === topicInKafka(named, topic))
        ?.partitions.find((each) => each.partition === partition);
      const at = { topic, partition, records: indexes };
      if (answer && !answer.error) return { ...at, offset: Number(answer.baseOffset) };
      return { ...at, refusal: refusalOf(answer?.error ?? notAnswered, named, topic) };
    });
  } catch (error) {
    return groups.map(({ topic, partition, records: indexes }) => ({
      ...{ topic, partition, records: indexes },
      refusal: refusalOf(error, named, topic),
    }));
  }
}

/** A response in which a partition has an error comes as that error (patch). */
function responseWithErrors(error: unknown): ProduceResponse {
  if (error instanceof Error && "response" in error) return error.response as ProduceResponse;
  throw error;
}

const noPartition = Object.assign(new Error("Kafka does not host this topic-partition"), {
  type: "UNKNOWN_TOPIC_OR_PARTITION",
});
const noLeader = Object.assign(new Error("The partition has no leader"), { type: "LEADER_NOT_AVAILABLE" });
const notAnswered = new Error("The leader's answer does not name the partition");

function refusalOf(error: unknown, named: Named & SignedIn, topic: string): Refusal {
  const code = error instanceof Error && "type" in error ? String(error.type) : UNREACHABLE;
  return { code, error: explained(error, named, `write to topic ${topicInKafka(named, topic)}`) };
}

/** For logs and tables: what Kafka said, of which partition. */
export function describeRefusal({ topic, partition, refusal }: Refused): string {
  return `${topic}${partition === undefined ? "" : `/${partition}`}: ${refusal.code}, ${describe(refusal.error)}`;
}
