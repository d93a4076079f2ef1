// Where the reading of a partition goes on, and how we know that its topic is still the one that was read before.
// Offsets alone don't tell: a topic that was deleted and created anew counts from 0 again, and may have come past
// our place by the time that we look. So reading goes on one record early, and that record has to be the one that
// was there.
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { identityOf } from "./checkpoint.ts";

export type Taken<R> =
  | { readonly is: "wanted"; readonly records: readonly R[] }
  /**
   * Records from before the place, or all from after it: the consumer's position is not what it was. Kafka's client
   * reads on at the first record that is kept, and says nothing.
   */
  | { readonly is: "displaced" }
  /** The record before the place is not the one that was read: another topic has the name now. */
  | { readonly is: "another topic" };

export interface Place {
  /** The next offset that is wanted; undefined while nobody knows. */
  next(): number | undefined;
  /** Where the consumer has to read from: one early where the record before the place has to prove itself. */
  readFrom(): number;
  /** `lastRecord`: identity of the record before; null where it is not known, or gone. */
  begin(offset: number, lastRecord: string | null): void;
  /** The topic may have been created anew meanwhile. */
  doubt(): void;
  forget(): void;
  /** Takes what was fetched, and moves on past it where it was wanted. */
  take<R extends ReceivedRecord>(fetched: Fetched<R>): Taken<R>;
}

export type Fetched<R extends ReceivedRecord> = Pick<
  ReceivedBatch<R>,
  "records" | "fetchedOffset" | "nextOffset"
>;

export function createPlace(): Place {
  let next: number | undefined;
  let lastRecord: string | null = null;
  let doubted = false;

  /** Undefined where the doubt is out of the way. */
  const prove = (first: ReceivedRecord, from: number): Taken<never> | undefined => {
    if (first.offset < from - 1) return { is: "displaced" };
    if (first.offset === from - 1 && identityOf(first) !== lastRecord) return { is: "another topic" };
    // Past it, the record is no longer there, as after a compaction: nothing is left to prove it by.
    doubted = false;
    return undefined;
  };

  return {
    next: () => next,
    readFrom: () => (next ?? 0) - (doubted ? 1 : 0),
    begin(offset, identity) {
      next = offset;
      lastRecord = identity;
      doubted = identity !== null;
    },
    doubt() {
      doubted = lastRecord !== null;
    },
    forget() {
      next = undefined;
      lastRecord = null;
      doubted = false;
    },
    take({ records, fetchedOffset, nextOffset }) {
      const [first, last] = [records[0], records.at(-1)];
      const from = next;
      if (from === undefined) return { is: "displaced" };
      const failed = doubted && first ? prove(first, from) : undefined;
      if (failed) return failed;
      if (
        fetchedOffset > from ||
        nextOffset < from ||
        (nextOffset === from && first && first.offset < from - 1)
      )
        return { is: "displaced" };
      const wanted = records.filter((record) => record.offset >= from);
      // Where no record comes last, the one before it still tells this topic from another.
      if (last && wanted.length > 0) lastRecord = identityOf(last);
      next = nextOffset;
      return { is: "wanted", records: wanted };
    },
  };
}
