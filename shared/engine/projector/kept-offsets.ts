// The first and the next offset of a partition in Kafka. Many partitions ask at once, and one request answers all.
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import type { TopicPartition } from "@millrace/kafka/consume";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";

export interface KeptOffsets {
  /** First offset that Kafka still has. */
  readonly low: number;
  /** The next one to be written. */
  readonly high: number;
}

/** Resolves with what was so at some time after the call; undefined once it is no longer wanted. */
export type ReadKeptOffsets = (
  at: TopicPartition,
  isWanted: () => boolean,
) => Promise<KeptOffsets | undefined>;

interface Asked {
  readonly at: TopicPartition;
  isWanted(): boolean;
  resolve(offsets: KeptOffsets | undefined): void;
}

/** Time, in ms, between tries while Kafka or the topic is away. */
const RETRY_MS = 500;

export function createKeptOffsets(kafka: KafkaClient, log: Log): ReadKeptOffsets {
  let waiting: Asked[] = [];
  let reading = false;

  const readAll = async () => {
    reading = true;
    while (waiting.length > 0) {
      const asked = waiting.filter(dropUnwanted);
      waiting = [];
      const left = await answer(kafka, asked).catch((error) => {
        log.warn({ cause: describe(error) }, "what Kafka has kept is not known yet, asking again");
        return asked;
      });
      if (left.length === 0) continue;
      waiting = left.concat(waiting);
      await Bun.sleep(RETRY_MS);
    }
    reading = false;
  };

  return (at, isWanted) =>
    new Promise((resolve) => {
      waiting.push({ at, isWanted, resolve });
      if (!reading) void readAll();
    });
}

function dropUnwanted(asked: Asked): boolean {
  if (asked.isWanted()) return true;
  asked.resolve(undefined);
  return false;
}

/** Resolves the questions that Kafka answers; returns the others. */
async function answer(kafka: KafkaClient, asked: readonly Asked[]): Promise<Asked[]> {
  const topics = [...new Set(asked.map(({ at }) => at.topic))];
  const known = new Map<string, KeptOffsets>();
  await Promise.all(
    topics.map(async (topic) => {
      for (const { partition, low, high } of await topicOffsets(kafka, topic)) {
        known.set(`${topic}/${partition}`, { low, high });
      }
    }),
  );
  return asked.filter(({ at, resolve }) => {
    const offsets = known.get(`${at.topic}/${at.partition}`);
    if (offsets) resolve(offsets);
    return offsets === undefined;
  });
}
