// Where an event's record stands in Kafka.
import { eventId, parseStreamName, type StoredEvent } from "@millrace/events/envelope";
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { partitionOf } from "@millrace/kafka/partition-of";
import { readTopic } from "@millrace/kafka/read-topic";
import { offsetsAt } from "@millrace/kafka/topics";
import type { Log } from "@millrace/platform/log";

export interface LocatedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Clocks of who appended it and of the broker may differ by so much. */
const CLOCKS_APART_MS = 60_000;

/** Reads the event's partition from when it was appended; undefined where no record carries it. */
export async function locate(
  { kafka, log }: { kafka: KafkaClient; log: Log },
  topic: string,
  event: StoredEvent,
): Promise<LocatedRecord | undefined> {
  const found = await locateAll({ kafka, log }, topic, [event]);
  return found.get(event.version);
}

/** One stream's events, the oldest first; by version. */
export async function locateAll(
  { kafka, log }: { kafka: KafkaClient; log: Log },
  topic: string,
  events: readonly StoredEvent[],
): Promise<Map<number, LocatedRecord>> {
  const found = new Map<number, LocatedRecord>();
  const [first] = events;
  if (!first) return found;
  const partitions = (await topicOffsets(kafka, topic)).length;
  const partition = partitionOf(parseStreamName(first.stream).aggregateId, partitions);
  const starts = await offsetsAt(kafka, topic, Date.parse(first.at) - CLOCKS_APART_MS);
  const wanted = new Map(events.map(({ stream, version }) => [eventId(stream, version), version]));
  await readTopic(kafka, {
    topic,
    partitions: [partition],
    from: () => starts.get(partition),
    follow: false,
    log,
    onRecord({ headers, offset }) {
      const version = wanted.get(headers.ce_id ?? "");
      if (version !== undefined && !found.has(version)) found.set(version, { topic, partition, offset });
      return found.size < events.length;
    },
  });
  return found;
}
