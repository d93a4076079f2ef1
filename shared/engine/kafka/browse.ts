// A topic's records as a person looks through them: the newest first, a page at a time, going back. Must never read
// more than its bounds say, however long the topic is.
import type { Log } from "@millrace/platform/log";
import { topicOffsets } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { partitionOf } from "./partition-of.ts";
import { readTopic } from "./read-topic.ts";
import type { ReceivedRecord } from "./received-record.ts";

export interface BrowseOptions {
  readonly topic: string;
  /** Only this partition; with a key, the one that Kafka's default gives it. */
  readonly partition?: number;
  readonly key?: string;
  /** Go on before these offsets, by partition; from the end where one is not named. */
  readonly before: ReadonlyMap<number, number>;
  /** A search looks no further back than this, by partition: what is before it was looked through already. */
  readonly after?: ReadonlyMap<number, number>;
  readonly limit: number;
  readonly log: Log;
  /** Ends the reading with what there is by then. */
  readonly signal: AbortSignal;
}

export interface Browsed {
  /** The newest first. */
  readonly records: readonly ReceivedRecord[];
  readonly partitions: readonly { partition: number; low: number; high: number }[];
  /** Where the next page begins, by partition; undefined where nothing is kept before this one. */
  readonly next: ReadonlyMap<number, number> | undefined;
  /** Records that were read, whether or not they are shown. */
  readonly scanned: number;
  /** What time did not suffice for: these offsets, up to but without the second, of one partition. */
  readonly unread: { partition: number; from: number; to: number } | undefined;
}

/** Records that one look for a key goes through: a second or so of reading. */
export const SCANNED_MAX = 10_000;
/** Records of all partitions that are read to find the newest of them. */
const READ_MAX = 5_000;

interface Window {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  readonly low: number;
}

/** @throws what Kafka says of the topic. */
export async function browseTopic(kafka: KafkaClient, options: BrowseOptions): Promise<Browsed> {
  const partitions = (await topicOffsets(kafka, options.topic)).sort(
    (left, right) => left.partition - right.partition,
  );
  const windows = windowsOf(partitions, options);
  const found: ReceivedRecord[] = [];
  const reached = new Map<number, number>();
  let scanned = 0;
  const isWanted = windows.some(({ start, end }) => end > start);
  if (isWanted) {
    const windowOf = new Map(windows.map((window) => [window.partition, window]));
    await readTopic(kafka, {
      topic: options.topic,
      partitions: windows.map(({ partition }) => partition),
      from: ({ partition }) => windowOf.get(partition)?.start,
      upTo: ({ partition }) => windowOf.get(partition)?.end,
      follow: false,
      log: options.log,
      signal: options.signal,
      onRecord(record) {
        scanned++;
        reached.set(record.partition, record.offset + 1);
        if (options.key === undefined || record.key === options.key) found.push(record);
        return true;
      },
    });
  }
  const records = found.sort(newestFirst).slice(0, options.limit);
  const unread = options.signal.aborted ? unreadOf(windows, reached) : undefined;
  const next = nextOf(windows, records, {
    isCut: found.length > records.length,
    searched: options.key !== undefined,
  });
  return { records, partitions, next, scanned, unread };
}

function windowsOf(
  partitions: readonly { partition: number; low: number; high: number }[],
  { partition, key, before, after, limit }: BrowseOptions,
): Window[] {
  const only = partition ?? (key === undefined ? undefined : partitionOf(key, partitions.length));
  const wanted = partitions.filter((each) => only === undefined || each.partition === only);
  const share = Math.min(limit, Math.max(1, Math.floor(READ_MAX / Math.max(1, wanted.length))));
  const reads = key === undefined ? share : SCANNED_MAX;
  return wanted.map(({ partition: number, low, high }) => {
    const end = Math.max(low, Math.min(before.get(number) ?? high, high));
    return { partition: number, low, end, start: Math.max(low, end - reads, after?.get(number) ?? 0) };
  });
}

/** By the broker's or the producer's clock, and within a partition by offset. */
function newestFirst(left: ReceivedRecord, right: ReceivedRecord): number {
  if (left.partition === right.partition) return right.offset - left.offset;
  return Number(right.timestamp) - Number(left.timestamp) || right.partition - left.partition;
}

function nextOf(
  windows: readonly Window[],
  records: readonly ReceivedRecord[],
  { isCut, searched }: { isCut: boolean; searched: boolean },
): Map<number, number> | undefined {
  const next = new Map(
    windows.map(({ partition, start, end }) => {
      const shown = records.filter((record) => record.partition === partition).map(({ offset }) => offset);
      // A search has looked through all of its window, unless there was more than a page can show.
      if (searched && !isCut) return [partition, start];
      return [partition, shown.length > 0 ? Math.min(...shown) : end];
    }),
  );
  return windows.some(({ partition, low }) => (next.get(partition) ?? low) > low) ? next : undefined;
}

function unreadOf(windows: readonly Window[], reached: ReadonlyMap<number, number>): Browsed["unread"] {
  for (const { partition, start, end } of windows) {
    const from = reached.get(partition) ?? start;
    if (from < end) return { partition, from, to: end };
  }
  return undefined;
}
