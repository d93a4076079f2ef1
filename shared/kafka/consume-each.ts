// At-least-once consumption for handlers that keep no checkpoint: Kafka's committed offset is the truth.
import type { Kafka } from "kafkajs";
import { type Consumer, type ConsumerOptions, createConsumer, type ReceivedBatch } from "./consume.ts";

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;

export interface EachBatchOptions extends Pick<ConsumerOptions, "groupId" | "topics" | "log"> {
  /** May see a record again after a crash or a rebalance. What it throws is retried until it is done. */
  handle(batch: ReceivedBatch): Promise<void>;
}

/** Commits a batch's offset after `handle` has resolved, never before. */
export function consumeEach(kafka: Kafka, options: EachBatchOptions): Consumer {
  let stopping = false;
  // Raised whenever others may have taken the partitions over: what was being retried is theirs now.
  let generation = 0;
  const consumer = createConsumer(kafka, {
    ...options,
    onRevoked: () => {
      generation++;
    },
    async handle(batch) {
      const startedIn = generation;
      for (let backoffMs = BACKOFF_FIRST_MS; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS)) {
        try {
          if (batch.records.length > 0) await options.handle(batch);
          break;
        } catch (error) {
          const at = { topic: batch.topic, partition: batch.partition, offset: batch.records[0]?.offset };
          options.log.warn({ ...at, err: error, backoffMs }, "batch failed, trying again");
          await Bun.sleep(backoffMs);
          if (stopping || generation !== startedIn) return false;
        }
      }
      if (generation !== startedIn) return false;
      const { topic, partition, nextOffset } = batch;
      await consumer.commit([{ topic, partition, offset: nextOffset }]);
      return true;
    },
  });
  return {
    ...consumer,
    stop() {
      stopping = true;
      return consumer.stop();
    },
  };
}
