// At-least-once consumption for handlers that keep no checkpoint: Kafka's committed offset is the truth. What of a
// partition is put off waits there (each-partition.ts), and the others pass.
import { describe } from "@millrace/platform/failure";
import type { KafkaClient } from "./client.ts";
import { type Consumer, type ConsumerOptions, createConsumer, type TopicPartition } from "./consume.ts";
import {
  createEachPartition,
  type EachPartition,
  type EachPartitionOptions,
  type WaitingRecord,
} from "./each-partition.ts";

/** Between tries of what is held while nothing more is fetched, in ms. */
const HELD_RETRY_MS = 1_000;

export interface EachBatchOptions extends Pick<ConsumerOptions, "groupId" | "topics" | "log" | "permit"> {
  /** May see a record again after a crash or a rebalance. */
  readonly handle: EachPartitionOptions["handle"];
}

export interface EachConsumer extends Consumer {
  /** What was put off and has no outcome yet, the oldest of each partition first. */
  waiting(): readonly WaitingRecord[];
}

/** Commits a batch's offset after `handle` has resolved, never before, and never past what is held. */
export function consumeEach(kafka: KafkaClient, options: EachBatchOptions): EachConsumer {
  const { log, handle } = options;
  const partitions = new Map<string, EachPartition>();
  let stopping = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  const partitionOf = ({ topic, partition }: TopicPartition): EachPartition => {
    const name = `${topic}/${partition}`;
    const found = partitions.get(name);
    if (found) return found;
    const made = createEachPartition({
      at: { topic, partition },
      log,
      handle,
      commit: (offset) => consumer.commit([{ topic, partition, offset }]),
      isStopping: () => stopping,
    });
    partitions.set(name, made);
    return made;
  };

  const consumer = createConsumer(kafka, {
    ...options,
    onRevoked() {
      for (const partition of partitions.values()) partition.lose();
      partitions.clear();
    },
    handle: (batch) => partitionOf(batch).take(batch),
  });

  const retryHeld = () => {
    for (const [name, partition] of partitions) {
      void partition
        .retryHeld()
        .catch((error: unknown) =>
          log.debug({ partition: name, cause: describe(error) }, "held records can't be committed yet"),
        );
    }
  };

  return {
    ...consumer,
    start() {
      timer = setInterval(retryHeld, HELD_RETRY_MS);
      consumer.start();
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      await consumer.stop();
    },
    waiting: () => [...partitions.values()].flatMap((partition) => partition.waiting()),
  };
}
