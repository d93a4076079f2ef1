// A record as it comes from Kafka, of any bytes. Only tests import it.
import { type FetchedRecord, received } from "@millrace/kafka/received-record";

type Bytes = string | Uint8Array | null;

export interface TestRecord {
  readonly key?: Bytes;
  readonly value: Bytes;
  /** In their order; a name may come twice. */
  readonly headers?: readonly (readonly [name: string, value: Bytes])[];
  readonly offset?: number;
}

export function testRecord({ key = null, value, headers = [], offset = 0 }: TestRecord): FetchedRecord {
  const body = Buffer.concat([
    bytes(key),
    bytes(value),
    length(headers.length),
    ...headers.flatMap(([name, each]) => [bytes(name), bytes(each)]),
  ]);
  const message = { offset: String(offset), timestamp: "1000", body, bodyStart: 0 };
  return received(0, message as unknown as Parameters<typeof received>[1]);
}

function bytes(content: Bytes): Buffer {
  if (content === null) return length(-1);
  const buffer = Buffer.from(content as Uint8Array);
  return Buffer.concat([length(buffer.length), buffer]);
}

/** Zigzag, seven bits a byte, least significant first. */
function length(value: number): Buffer {
  const written: number[] = [];
  let left = (value << 1) ^ (value >> 31);
  for (; left > 127; left >>>= 7) written.push((left & 127) | 128);
  return Buffer.from([...written, left]);
}
