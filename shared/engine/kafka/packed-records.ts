// Records on their way to another thread: as bytes that change threads without being copied.
import { type FetchedRecord, readContent, type SizedRecord } from "./received-record.ts";

/** Of a packed record: its length, and offset and time as 64-bit floats, which hold both exactly. */
const PREFIX_BYTES = 4 + 8 + 8;

/** Records of one partition as bytes of their own, for another thread. */
export function packRecords(records: readonly FetchedRecord[]): ArrayBuffer {
  const packed = Buffer.from(
    new ArrayBuffer(records.reduce((sum, { bytes }) => sum + PREFIX_BYTES + bytes, 0)),
  );
  let place = 0;
  for (const { offset, timestamp, body, start, bytes } of records) {
    packed.writeUInt32LE(bytes, place);
    packed.writeDoubleLE(offset, place + 4);
    packed.writeDoubleLE(Number(timestamp), place + 12);
    body.copy(packed, place + PREFIX_BYTES, start);
    place += PREFIX_BYTES + bytes;
  }
  return packed.buffer;
}

/** What `packRecords` has packed, read. */
export function unpackRecords(partition: number, buffer: ArrayBuffer): SizedRecord[] {
  const packed = Buffer.from(buffer);
  const records: SizedRecord[] = [];
  for (let place = 0; place < packed.length; ) {
    const bytes = packed.readUInt32LE(place);
    const offset = packed.readDoubleLE(place + 4);
    const timestamp = String(packed.readDoubleLE(place + 12));
    const { key, value, headers } = readContent(packed, place + PREFIX_BYTES);
    records.push({ partition, offset, key, headers, value, timestamp, bytes });
    place += PREFIX_BYTES + bytes;
  }
  return records;
}
