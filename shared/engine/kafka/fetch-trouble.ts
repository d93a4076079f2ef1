// What a fetch says beside its records: batches that can't be decoded, and transactions that hold a partition up.
import type { Batch } from "kafkajs";
import type { Log } from "@millrace/platform/log";
import type { TopicPartition } from "./consume.ts";

/** Records that no client can get at: a compression that nobody knows, a wrong checksum, too much in too little. */
export interface UnreadableBatch extends TopicPartition {
  /** Its offsets, up to but without the second. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What was passed over since the process started. */
export interface Unreadable {
  readonly batches: number;
  readonly last: UnreadableBatch | undefined;
}

/** Where nothing comes before a transaction ends. */
export interface HeldUp extends TopicPartition {
  readonly offset: number;
  readonly since: Date;
}

/** What the patched client says of a batch beside what its types say. */
export interface PatchedBatch extends Batch {
  readonly fetchedOffset: string;
  readonly isHeldUp: boolean;
  readonly unreadable: readonly Omit<UnreadableBatch, keyof TopicPartition>[];
}

export interface FetchTrouble {
  /** Whether it says no more than that the partition is held up. */
  note(batch: PatchedBatch, topic: string): boolean;
  unreadable(): Unreadable;
  /** Those that are held up for longer than most. */
  heldUp(): readonly HeldUp[];
  /** The partitions may be others' from now on. */
  revoked(): void;
}

/** A transaction that is open for longer, in ms, is worth a word: most take milliseconds. Kafka ends one after a minute. */
const OPEN_MS = 3_000;

export function createFetchTrouble(
  log: Log,
  reading: { readonly readUncommitted?: boolean } = {},
): FetchTrouble {
  let unreadable: Unreadable = { batches: 0, last: undefined };
  const heldUp = new Map<string, HeldUp>();
  return {
    note({ partition, fetchedOffset, isHeldUp, unreadable: some }, topic) {
      for (const each of some) {
        const last = { topic, partition, ...each };
        unreadable = { batches: unreadable.batches + 1, last };
        log.error(last, "a batch can't be decoded: its records are passed over");
      }
      const at = `${topic}/${partition}`;
      const offset = Number(fetchedOffset);
      // Where nothing waits for transactions, one that is open is no reason for an empty fetch.
      if (!isHeldUp || reading.readUncommitted) heldUp.delete(at);
      else if (heldUp.get(at)?.offset !== offset)
        heldUp.set(at, { topic, partition, offset, since: new Date() });
      return isHeldUp;
    },
    unreadable: () => unreadable,
    heldUp: () => [...heldUp.values()].filter(({ since }) => Date.now() - since.getTime() > OPEN_MS),
    revoked: () => heldUp.clear(),
  };
}
