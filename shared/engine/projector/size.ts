// How much records weigh in memory and in a statement. Counting them is not enough: one may be a hundred bytes or
// a megabyte.
import type { SizedRecord } from "@millrace/kafka/received-record";

/** What an object costs, about. */
const RECORD_BYTES = 100;
/**
 * Records of one transaction, all together: a statement's parameters hold their rows, so this bounds what Postgres
 * parses at once. A thousand rows of an ordinary size are a quarter of it.
 */
const BATCH_BYTES_MAX = 4 * 1_048_576;

/** About so many bytes. */
export function sizeOf(records: readonly Pick<SizedRecord, "bytes">[]): number {
  return records.reduce((sum, { bytes }) => sum + RECORD_BYTES + bytes, 0);
}

/** The first records, as many as one transaction may have; never none while there is one. */
export function takeBatch<R extends Pick<SizedRecord, "bytes">>(
  mailbox: readonly R[],
  recordsMax: number,
): R[] {
  let bytes = 0;
  let count = 0;
  for (const record of mailbox) {
    bytes += sizeOf([record]);
    if (count > 0 && (bytes > BATCH_BYTES_MAX || count >= recordsMax)) break;
    count++;
  }
  return mailbox.slice(0, count);
}
