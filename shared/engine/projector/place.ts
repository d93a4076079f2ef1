// Where the reading of a partition goes on, and how we know that its topic is still the one that was read before.
// Offsets alone don't show it: a topic that was deleted and created anew counts from 0 again, and may have come past
// our place by the time that we look. So reading goes on one record early, and that record has to be the one that
// was there.
import type { ReceivedBatch } from "@millrace/kafka/consume";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { identityOf } from "./checkpoint.ts";

export interface Place {
  /** The next offset that is wanted. */
  readonly next: number;
  /** Identity of the record before; null where it is not known, or gone. */
  readonly lastRecord: string | null;
  /** The record before has to prove itself: the topic may have been created anew. */
  readonly doubted: boolean;
}

export type Taken<R> =
  | { readonly is: "wanted"; readonly place: Place; readonly records: readonly R[] }
  /**
   * Records from before the place, or all from after it: the consumer's position is not what it was. Kafka's client
   * reads on at the first record that is kept, and says nothing.
   */
  | { readonly is: "displaced" }
  /** The record before the place is not the one that was read: another topic has the name now. */
  | { readonly is: "another topic" };

export type Fetched<R extends ReceivedRecord> = Pick<
  ReceivedBatch<R>,
  "records" | "fetchedOffset" | "nextOffset"
>;

/** `lastRecord` as a checkpoint has it. */
export function placeAt(next: number, lastRecord: string | null): Place {
  return { next, lastRecord, doubted: lastRecord !== null };
}

export function doubt(place: Place): Place {
  return placeAt(place.next, place.lastRecord);
}

/** Where the consumer has to read from: one early where the record before the place has to prove itself. */
export function readFrom({ next, doubted }: Place): number {
  return next - (doubted ? 1 : 0);
}

/** Takes what was fetched, and moves on past it where it was wanted. */
export function take<R extends ReceivedRecord>(place: Place, fetched: Fetched<R>): Taken<R> {
  const { records, fetchedOffset, nextOffset } = fetched;
  const { next } = place;
  const [first, last] = [records[0], records.at(-1)];
  if (place.doubted && first) {
    if (first.offset < next - 1) return { is: "displaced" };
    if (first.offset === next - 1 && identityOf(first) !== place.lastRecord) return { is: "another topic" };
  }
  // A later first record means that the one before is gone, as after a compaction: nothing is left to prove it by.
  const doubted = place.doubted && !first;
  const isBefore = nextOffset < next || (nextOffset === next && first && first.offset < next - 1);
  if (fetchedOffset > next || isBefore) return { is: "displaced" };
  const wanted = records.filter((record) => record.offset >= next);
  // Where no record comes last, the one before it still tells this topic from another.
  const lastRecord = last && wanted.length > 0 ? identityOf(last) : place.lastRecord;
  return { is: "wanted", place: { next: nextOffset, lastRecord, doubted }, records: wanted };
}
