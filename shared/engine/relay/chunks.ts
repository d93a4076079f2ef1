// Splits what is too much for one publish.
import type { StoredEvent } from "@millrace/events/envelope";
import type { OutgoingRecord } from "@millrace/kafka/publish";

/** An event, and the record that carries it. */
export interface Item {
  readonly event: StoredEvent;
  readonly record: OutgoingRecord;
}

/** Of one publish: a broker takes a partition's records up to 1,048,588 bytes unless its topic says otherwise. */
const PUBLISH_BYTES_MAX = 700_000;
/** Room for a record's headers, with the longest ids that the edges let through. */
const HEADERS_BYTES = 1_200;

/** Splits items, in order, so that no publish passes either bound; a record larger than that goes alone. */
export function* chunks<Each extends Pick<Item, "record">>(
  items: readonly Each[],
  recordsMax: number,
): Generator<Each[]> {
  let chunk: Each[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(item.record.value) + HEADERS_BYTES;
    if (chunk.length > 0 && (chunk.length >= recordsMax || bytes + size > PUBLISH_BYTES_MAX)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
