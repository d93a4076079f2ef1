// Reads a topic without leaving a trace: a group of its own, never committed, forgotten at the end.
import { Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { deleteGroup, settledOffsets } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { createConsumer } from "./consume.ts";
import { PASSING_GROUPS } from "./names.ts";
import type { ReceivedRecord } from "./received-record.ts";

export interface ReadTopicOptions {
  readonly topic: string;
  /** First offset of a partition to read; the first that is kept where it says undefined. */
  from(partition: { partition: number; low: number; high: number }): number | undefined;
  /** Only these partitions; all of them where it is absent. */
  readonly partitions?: readonly number[];
  /** Where a partition's reading ends, without that offset; absent or past the end, where it ends now. */
  upTo?(partition: { partition: number; low: number; high: number }): number | undefined;
  /** Goes on past what the topic held at the start. */
  readonly follow: boolean;
  readonly log: Log;
  /** False ends the reading. */
  onRecord(record: ReceivedRecord): boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** Longest time, in ms, in which a reading that is to end may get nowhere: joining a group takes some of it. */
const STANDSTILL_MS = 20_000;

/**
 * Resolves at the end that the topic had when reading began, or when it is to stop.
 * @throws what Kafka says of the topic; Failure `kafka_unavailable` where it gets nowhere.
 */
export async function readTopic(kafka: KafkaClient, options: ReadTopicOptions): Promise<void> {
  const { topic, log } = options;
  const offsets = await settledOffsets(kafka, topic);
  const wanted = offsets.filter(({ partition }) => options.partitions?.includes(partition) ?? true);
  const places = new Map(
    wanted.map((kept) => [kept.partition, Math.max(options.from(kept) ?? kept.low, kept.low)]),
  );
  const ends = new Map(
    wanted.map((kept) => [kept.partition, Math.min(options.upTo?.(kept) ?? kept.high, kept.high)]),
  );
  const isRead = () => [...places].every(([partition, next]) => next >= (ends.get(partition) ?? 0));
  if ((!options.follow && isRead()) || options.signal?.aborted) return;

  const finished = Promise.withResolvers<void>();
  let over = false;
  const finish = () => {
    over = true;
    finished.resolve();
  };
  const giveUp = () => {
    over = true;
    const message = `Kafka gave nothing of topic ${topic} for ${STANDSTILL_MS / 1_000} s, though there is more: a broker is away or has too much to do. Try again, and look at which partitions have no leader: bun run ops topics describe ${topic}`;
    finished.reject(new Failure("kafka_unavailable", message, true));
  };
  const patience = options.follow ? undefined : setTimeout(giveUp, STANDSTILL_MS);
  options.signal?.addEventListener("abort", finish);
  const groupId = `${PASSING_GROUPS}read-${crypto.randomUUID()}`;
  const consumer = createConsumer(kafka, {
    groupId,
    topics: [topic],
    log,
    async handle({ partition, records, nextOffset }) {
      patience?.refresh();
      for (const record of records) {
        if (over) return false;
        const next = places.get(partition);
        if (next === undefined || record.offset < next) continue;
        places.set(partition, record.offset + 1);
        if (!options.follow && record.offset >= (ends.get(partition) ?? 0)) continue;
        if (!options.onRecord(record)) finish();
      }
      const next = places.get(partition);
      if (next !== undefined && next < nextOffset) places.set(partition, nextOffset);
      if (!options.follow && isRead()) finish();
      return true;
    },
    onAssigned: (assignment) => {
      for (const at of assignment) {
        const offset = places.get(at.partition);
        const isDone = !options.follow && (offset ?? 0) >= (ends.get(at.partition) ?? 0);
        if (offset === undefined || isDone) consumer.pause(at);
        else consumer.seek({ ...at, offset });
      }
    },
  });
  consumer.start();
  try {
    await finished.promise;
  } finally {
    clearTimeout(patience);
    await consumer.stop();
    await deleteGroup(kafka, groupId);
  }
}
