// Sending records. Resolves only when every in-sync replica has them.

import { CompressionTypes, type PartitionerArgs, Partitioners, type Producer } from "kafkajs";
import { describe, Failure } from "@millrace/platform/failure";
import type { KafkaClient } from "./client.ts";
import { isKafkaError } from "./failure.ts";
import type { Permit } from "./installation.ts";
import { topicFromKafka, topicInKafka } from "./names.ts";
import { partitionOf } from "./partition-of.ts";

export interface OutgoingRecord {
  readonly topic: string;
  /** Where a receiver waits in one partition, that one. It has to be there: Kafka's client drops what has no place. */
  readonly partition?: number;
  /** Decides the partition by its bytes; text stands for its UTF-8. */
  readonly key: string | Buffer | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** Where the first of the records that one publish sent to a partition stands. */
export interface PublishedAt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Publisher {
  connect(): Promise<void>;
  /**
   * Sends the records, in their order within each key. Answers a place for each partition that they went to.
   * @throws Failure `kafka_unavailable`; some of the records may have been stored all the same.
   */
  publish(records: readonly OutgoingRecord[]): Promise<PublishedAt[]>;
  disconnect(): Promise<void>;
}

/**
 * None by kafkajs, which remembers which brokers have answered and leaves them out of the next try: where a dead
 * leader's partitions have moved to one of them, it would report their records as stored and never send them.
 */
const RETRY = { retries: 0 };
/** acks = all. */
const ALL_REPLICAS = -1;

/**
 * One try a publish: whoever calls tries again with all of it, since it can't be known what was stored. A client
 * that failed is replaced: it would go on asking for every topic it ever sent to, and fail all of them for one
 * that is gone.
 */
export function createPublisher(kafka: KafkaClient, permit?: Permit): Publisher {
  let client: Promise<Producer> | undefined;
  const connect = () => {
    client ??= connected(kafka, permit).catch((error) => {
      client = undefined;
      throw error;
    });
    return client;
  };
  const drop = async () => {
    const dropped = client;
    client = undefined;
    await dropped?.then((producer) => producer.disconnect()).catch(() => {});
  };
  const send = async (records: readonly OutgoingRecord[]) => {
    try {
      const producer = await connect();
      const stored = await producer.sendBatch({
        acks: ALL_REPLICAS,
        compression: CompressionTypes.None,
        topicMessages: byTopic(kafka, records),
      });
      return stored.map(({ topicName, partition, baseOffset }) => ({
        topic: topicFromKafka(kafka, topicName),
        partition,
        offset: Number(baseOffset),
      }));
    } catch (error) {
      await drop();
      throw error;
    }
  };
  return {
    async connect() {
      await connect();
    },
    disconnect: drop,
    async publish(records) {
      try {
        // Nothing was stored where a topic is unknown, and it may be another topic than these records'.
        return await send(records).catch((error) =>
          isKafkaError(error, ["UNKNOWN_TOPIC_OR_PARTITION"]) ? send(records) : Promise.reject(error),
        );
      } catch (cause) {
        const message = `publishing ${records.length} records: ${describe(cause)}`;
        throw new Failure("kafka_unavailable", message, true, { cause });
      }
    },
  };
}

async function connected(kafka: KafkaClient, permit: Permit | undefined): Promise<Producer> {
  await permit?.();
  const producer = kafka.producer({
    // kafkajs refuses it without its own tries, and for a single one it would mean nothing.
    idempotent: false,
    allowAutoTopicCreation: false,
    createPartitioner,
    retry: RETRY,
  });
  await producer.connect();
  return producer;
}

/** Java's own, as any client that keys by aggregate id has it; kafkajs computes the same with BigInt. */
function createPartitioner() {
  const withoutKey = Partitioners.DefaultPartitioner();
  return (args: PartitionerArgs) => {
    const { key, partition } = args.message;
    if (partition !== undefined && partition !== null) return partition;
    if (key === null || key === undefined) return withoutKey(args);
    return partitionOf(key, args.partitionMetadata.length);
  };
}

function byTopic(kafka: KafkaClient, records: readonly OutgoingRecord[]) {
  const topics = new Map<string, Omit<OutgoingRecord, "topic">[]>();
  for (const { topic, partition, key, value, headers } of records) {
    const message = partition === undefined ? { key, value, headers } : { key, value, headers, partition };
    const messages = topics.get(topic);
    if (messages) messages.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic: topicInKafka(kafka, topic), messages }));
}
