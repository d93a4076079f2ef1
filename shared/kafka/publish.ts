// Sending records. Resolves only when every in-sync replica has them.

import { CompressionTypes, type Kafka } from "kafkajs";
import { describe, Failure } from "@millrace/platform/failure";

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Publisher {
  connect(): Promise<void>;
  /**
   * Sends the records, in their order within each key.
   * @throws Failure `kafka_unavailable`; some of the records may have been stored all the same.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  disconnect(): Promise<void>;
}

/** acks = all. */
const ALL_REPLICAS = -1;

/** Idempotent at the broker: a request that is retried below us is stored once. */
export function createPublisher(kafka: Kafka): Publisher {
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  return {
    connect: () => producer.connect(),
    disconnect: () => producer.disconnect(),
    async publish(records) {
      try {
        await producer.sendBatch({
          acks: ALL_REPLICAS,
          compression: CompressionTypes.None,
          topicMessages: byTopic(records),
        });
      } catch (cause) {
        const message = `publishing ${records.length} records: ${describe(cause)}`;
        throw new Failure("kafka_unavailable", message, true, { cause });
      }
    },
  };
}

function byTopic(records: readonly OutgoingRecord[]) {
  const topics = new Map<string, { key: string | null; value: string; headers: Record<string, string> }[]>();
  for (const { topic, key, value, headers } of records) {
    const messages = topics.get(topic);
    if (messages) messages.push({ key, value, headers });
    else topics.set(topic, [{ key, value, headers }]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
