// Records as Kafka's protocol has them in a batch (format 2), from key to headers. They are read where somebody asks
// for them, and handed on as the bytes that they are: most threads that a record passes never look into it.
import type { KafkaMessage } from "kafkajs";

/**
 * A record as its handlers see it: as text, in which bytes that are not UTF-8 have become U+FFFD. Where bytes have to
 * come back as they came, or text has to be distinguished from other bytes, `keyBytes`, `valueBytes` and `headerBytes` have
 * them, and `strictText` says which of them are text.
 */
export interface ReceivedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** By name, the first of each name. `headerList` has all of them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | null;
  /** When it was produced, as its producer says: milliseconds since 1970, as text. */
  readonly timestamp: string;
}

export interface SizedRecord extends ReceivedRecord {
  /** Of its key, value and headers as Kafka has them. */
  readonly bytes: number;
}

/** What is known of a record without reading all of it. */
export interface RecordGlance {
  /** The first header of that name. */
  header(name: string): string | undefined;
  readonly value: string | null;
}

/** One that has come from Kafka. Its fields are read when they are asked for by name: a copy of it has none of them. */
export interface FetchedRecord extends SizedRecord, RecordGlance {
  /** Holds key, value and headers from `start` to its end. */
  readonly body: Buffer;
  readonly start: number;
}

/** As the patched client hands it over. */
type Message = Pick<KafkaMessage, "offset" | "timestamp"> & {
  readonly body: Buffer;
  readonly bodyStart: number;
};

export function received(partition: number, message: KafkaMessage): FetchedRecord {
  return new Fetched(partition, message as unknown as Message);
}

/** When it was produced, ISO 8601; undefined where its number is no time that a calendar has. */
export function producedAt({ timestamp }: ReceivedRecord): string | undefined {
  const date = new Date(Number(timestamp));
  return date.getTime() >= 0 ? date.toISOString() : undefined;
}

/** The key byte for byte; null where there is none. A record that is not from Kafka itself has its text's bytes. */
export function keyBytes(record: ReceivedRecord): Buffer | null {
  if (record instanceof Fetched) return record.rawKey();
  return record.key === null ? null : Buffer.from(record.key);
}

/** The value in the same way; null for a tombstone. */
export function valueBytes(record: ReceivedRecord): Buffer | null {
  if (record instanceof Fetched) return record.rawValue();
  return record.value === null ? null : Buffer.from(record.value);
}

/** The first header of that name that has a value, in the same way. */
export function headerBytes(record: ReceivedRecord, name: string): Buffer | undefined {
  for (const [each, value] of headerList(record)) if (each === name && value !== null) return value;
  return undefined;
}

/** The first header of that name that has a value, if that is text: two that are not could look alike. */
export function headerText(record: ReceivedRecord, name: string): string | undefined {
  const bytes = headerBytes(record, name);
  return bytes && strictText(bytes);
}

/** Every header in its place, the repeated ones too; null where a header has no value. */
export function headerList(record: ReceivedRecord): [name: string, value: Buffer | null][] {
  if (record instanceof Fetched) return record.rawHeaders();
  return Object.entries(record.headers).map(([name, text]) => [name, Buffer.from(text)]);
}

/**
 * Key, value and headers as Kafka has them, of a record that its text would not bring back: bytes that are not UTF-8, a NUL,
 * which Postgres does not take, a header that comes twice or has no value. Undefined for all others.
 */
export function bytesBeyondText(record: ReceivedRecord): Buffer | undefined {
  if (!(record instanceof Fetched)) return undefined;
  const headers = record.rawHeaders();
  const isWhole =
    new Set(headers.map(([name]) => name)).size === headers.length &&
    headers.every(([name, value]) => value !== null && isText(value) && isText(Buffer.from(name))) &&
    [record.rawKey(), record.rawValue()].every((part) => part === null || isText(part));
  return isWhole ? undefined : record.body.subarray(record.start);
}

/** The record whose bytes those are. */
export function fromBytes(
  { partition, offset, timestamp }: Pick<ReceivedRecord, "partition" | "offset" | "timestamp">,
  body: Buffer,
): FetchedRecord {
  return new Fetched(partition, { offset: String(offset), timestamp, body, bodyStart: 0 });
}

function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && Buffer.from(bytes.toString("utf8")).equals(bytes);
}

/** Undefined for bytes that are not UTF-8. A byte order mark at the start is left out, as HTTP's bodies have it. */
export function strictText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

class Fetched implements FetchedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: string;
  readonly body: Buffer;
  readonly start: number;
  private content: Content | undefined = undefined;

  constructor(partition: number, { offset, timestamp, body, bodyStart }: Message) {
    this.partition = partition;
    this.offset = Number(offset);
    this.timestamp = timestamp.length < EXACT_DIGITS ? timestamp : held(timestamp);
    this.body = body;
    this.start = bodyStart;
  }

  get bytes() {
    return this.body.length - this.start;
  }

  get key() {
    return this.read().key;
  }

  get value() {
    if (this.content) return this.content.value;
    at = this.start;
    skip(this.body);
    return readText(this.body);
  }

  get headers() {
    return this.read().headers;
  }

  header(name: string) {
    const { body } = this;
    at = this.start;
    skip(body);
    skip(body);
    for (let left = readLength(body); left > 0; left--) {
      if (readShortText(body) === name) return readShortText(body) ?? "";
      skip(body);
    }
    return undefined;
  }

  rawKey() {
    at = this.start;
    return readBytes(this.body);
  }

  rawValue() {
    at = this.start;
    skip(this.body);
    return readBytes(this.body);
  }

  rawHeaders() {
    const { body } = this;
    at = this.start;
    skip(body);
    skip(body);
    const list: [string, Buffer | null][] = [];
    for (let left = readLength(body); left > 0; left--) list.push([readText(body) ?? "", readBytes(body)]);
    return list;
  }

  private read(): Content {
    this.content ??= readContent(this.body, this.start);
    return this.content;
  }
}

const EXACT_DIGITS = String(Number.MAX_SAFE_INTEGER).length;

/**
 * Producers may claim any time of 64 bits, as in nanoseconds. One that a number can't hold is held at the last that it
 * can, so that it is the same here, in another thread and in a table.
 */
function held(timestamp: string): string {
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;
  return String(Math.max(MIN_SAFE_INTEGER, Math.min(Number(timestamp), MAX_SAFE_INTEGER)));
}

/** The same of a record that has been read. */
export function glanceAt({ headers, value }: ReceivedRecord): RecordGlance {
  return { header: (name) => headers[name], value };
}

type Content = Pick<ReceivedRecord, "key" | "value" | "headers">;

/** Where reading stands. One for all: reading is never interrupted. */
let at = 0;

/** Key, value and headers, from `start` on. */
export function readContent(body: Buffer, start: number): Content {
  at = start;
  const key = readText(body);
  const value = readText(body);
  const headers: Record<string, string> = {};
  for (let left = readLength(body); left > 0; left--) {
    const name = readShortText(body) ?? "";
    const text = readShortText(body) ?? "";
    if (Object.hasOwn(headers, name)) continue;
    if (name in headers)
      Object.defineProperty(headers, name, { value: text, enumerable: true, writable: true });
    else headers[name] = text;
  }
  return { key, value, headers };
}

/** Zigzag, seven bits a byte, least significant first; lengths fit 32 bits. */
function readLength(body: Buffer): number {
  let read = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = body[at++] ?? 0;
    read |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (read >>> 1) ^ -(read & 1);
  }
}

function skip(body: Buffer): void {
  const length = readLength(body);
  if (length > 0) at += length;
}

/** Null is written as a length of -1. */
function readText(body: Buffer): string | null {
  const length = readLength(body);
  if (length < 0) return null;
  const text = body.toString("utf8", at, at + length);
  at += length;
  return text;
}

/** Part of the record's own memory, as `readText` reads it. */
function readBytes(body: Buffer): Buffer | null {
  const length = readLength(body);
  if (length < 0) return null;
  at += length;
  return body.subarray(at - length, at);
}

/** Names, and many values, come again in every record: one that has the bytes of one that was read before is that one. */
const known: ({ readonly hash: number; readonly bytes: Buffer; readonly text: string } | undefined)[] = [];
const KNOWN_BITS = 10;
const KNOWN_BYTES_MAX = 20;

function readShortText(body: Buffer): string | null {
  const start = at;
  const length = readLength(body);
  if (length < 1 || length > KNOWN_BYTES_MAX) {
    at = start;
    return readText(body);
  }
  const end = at + length;
  let hash = length;
  for (let index = at; index < end; index++) hash = (Math.imul(hash, 31) + (body[index] as number)) | 0;
  const place = (hash ^ (hash >>> KNOWN_BITS)) & ((1 << KNOWN_BITS) - 1);
  const found = known[place];
  const from = at;
  at = end;
  if (found?.hash === hash && found.bytes.length === length && isSame(found.bytes, body, from))
    return found.text;
  const text = body.toString("utf8", from, end);
  known[place] = { hash, text, bytes: Buffer.from(body.subarray(from, end)) };
  return text;
}

function isSame(bytes: Buffer, body: Buffer, from: number): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== body[from + index]) return false;
  return true;
}
