import { expect, test } from "bun:test";
import { createRequire } from "node:module";
import fc from "fast-check";
import type { KafkaMessage } from "kafkajs";
import { propertyRun } from "@millrace/testing/seed";
import { packRecords, unpackRecords } from "./packed-records.ts";
import {
  type FetchedRecord,
  headerBytes,
  headerList,
  headerText,
  keyBytes,
  producedAt,
  type ReceivedRecord,
  received,
  strictText,
  valueBytes,
} from "./received-record.ts";

const require = createRequire(import.meta.url);
const encodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => {
  buffer: Buffer;
};
const decodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0/decoder") as (
  decoder: unknown,
  context: object,
) => Record<string, unknown>;
const Decoder = require("kafkajs/src/protocol/decoder") as new (
  buffer: Buffer,
) => { readVarIntBytes(): Buffer };
const { RecordBatch: encodeBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(batch: object): Promise<{ buffer: Buffer }>;
};
const decodeBatch = require("kafkajs/src/protocol/recordBatch/v0/decoder") as (
  decoder: unknown,
) => Promise<{ records: { offset: string; timestamp: string; value: Buffer }[] }>;
const crc32c = require("kafkajs/src/protocol/recordBatch/crc32C") as (buffer: Buffer) => number;

/** Kafka's own form: zigzag, seven bits a byte, least significant first. */
function varint(value: number): number[] {
  let left = BigInt.asUintN(64, BigInt(value) << 1n) ^ (value < 0 ? 0xffff_ffff_ffff_ffffn : 0n);
  const bytes: number[] = [];
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return [...bytes, Number(left)];
}

function text(value: string): number[] {
  const bytes = [...Buffer.from(value)];
  return [...varint(bytes.length), ...bytes];
}

test("the patched client writes a record as Kafka's protocol says, whatever its lengths, deltas and headers", () => {
  const long = "ß".repeat(5_000);
  for (const timestampDelta of [0, 1, -1, 63, 64, 300_000, 0x3fff_ffff, 0x4000_0000, 2 ** 40, -(2 ** 40)]) {
    for (const offsetDelta of [0, 63, 64, 8_192]) {
      const headers = { ce_type: "ThingCreated", empty: "", long };
      const body = [
        0,
        ...varint(timestampDelta),
        ...varint(offsetDelta),
        ...text("key"),
        ...text(long),
        ...varint(3),
        ...Object.entries(headers).flatMap(([name, value]) => [...text(name), ...text(value)]),
      ];
      const { buffer } = encodeRecord({ offsetDelta, timestampDelta, key: "key", value: long, headers });
      expect(buffer.equals(Buffer.from([...varint(body.length), ...body]))).toBe(true);
    }
  }
});

test("a key or a value that is null is written as a length of -1", () => {
  const { buffer } = encodeRecord({ key: null, value: null });
  expect([...buffer]).toEqual([12, 0, 0, 0, 1, 1, 0]);
});

/** Kafka frames a record by its length; the decoder is given what follows that. */
function decode(record: object, context: object = {}): Record<string, unknown> {
  const body = new Decoder(encodeRecord(record).buffer).readVarIntBytes();
  return decodeRecord(new Decoder(body), { firstOffset: "0", firstTimestamp: "0", ...context });
}

/** What our handlers see of it. */
function receive(record: object, context: object = {}): FetchedRecord {
  return received(3, decode(record, context) as unknown as KafkaMessage);
}

test("a record is read as it was written, headers as text and of a repeated one the first", () => {
  const long = "ß".repeat(5_000);
  const headers = { ce_type: "ThingCreated", empty: "", long, twice: ["a", "b"], constructor: "c" };
  const record = receive({ key: "key", value: long, headers }, { firstOffset: "7", firstTimestamp: "9" });
  const { partition, offset, timestamp, key, value } = record;
  expect({ partition, offset, timestamp, key, value }).toEqual({
    partition: 3,
    offset: 7,
    timestamp: "9",
    key: "key",
    value: long,
  });
  expect(record.headers).toEqual({ ...headers, twice: "a" });
  const named = JSON.parse('{"__proto__":"p"}');
  expect(Object.entries(receive({ key: null, value: null, headers: named }).headers)).toEqual([
    ["__proto__", "p"],
  ]);
});

test("the patched client's own reading of a record says the same", () => {
  const headers = { ce_type: "ThingCreated", empty: "", twice: ["a", "b"] };
  const record = decode({ key: "key", value: "value", headers }) as Record<
    "key" | "value" | "headers",
    unknown
  >;
  expect([String(record.key), String(record.value)]).toEqual(["key", "value"]);
  const read = Object.entries(record.headers as object).map(([name, value]) => [name, String(value)]);
  expect(read).toEqual([
    ["ce_type", "ThingCreated"],
    ["empty", ""],
    ["twice", "a,b"],
  ]);
});

test("keys, values and headers of any bytes are had byte for byte, repeated headers in their place", () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((chosen) => Buffer.from(chosen));
  const name = fc.constantFrom("correlation-id", "kafka_correlationId", "ß");
  const given = fc.record({ key: fc.option(bytes), value: fc.option(bytes) });
  fc.assert(
    fc.property(
      given,
      fc.dictionary(name, fc.array(bytes, { minLength: 1, maxLength: 3 })),
      (content, headers) => {
        const record = receive({ ...content, headers });
        expect(keyBytes(record)).toEqual(content.key);
        expect(valueBytes(record)).toEqual(content.value);
        const list = Object.entries(headers).flatMap(([each, values]) =>
          values.map((value) => [each, value]),
        );
        expect(headerList(record)).toEqual(list as [string, Buffer][]);
        for (const [each, values] of Object.entries(headers)) {
          expect(headerBytes(record, each)).toEqual(values[0] as Buffer);
          expect(record.headers[each]).toBe(String(values[0]));
        }
        expect(headerBytes(record, "never given")).toBeUndefined();
      },
    ),
    propertyRun(),
  );
});

test("bytes that are not UTF-8 are no text, and a byte order mark is no part of it", () => {
  const correlation = Buffer.from("00ff10fe", "hex");
  const record = receive({
    key: null,
    value: Buffer.from("Caf\xe9", "latin1"),
    headers: { "correlation-id": correlation, "reply-to": ["replies", "others"] },
  });
  expect(headerText(record, "correlation-id")).toBeUndefined();
  expect(headerText(record, "reply-to")).toBe("replies");
  expect(strictText(valueBytes(record) as Buffer)).toBeUndefined();
  expect(strictText(Buffer.from("\ufeff{}"))).toBe("{}");
});

// Seen to fail with the time as it came: printing it threw, and in another thread the record was another one.
test("a time that no calendar has is told from one, and is the same in every thread", () => {
  for (const [firstTimestamp, held, at] of [
    ["1795783740846", "1795783740846", "2026-11-27T12:49:00.846Z"],
    ["1764201600000000", "1764201600000000", "+057875-04-29T00:00:00.000Z"],
    ["9007199254740991", "9007199254740991", undefined],
    ["1795783740846123456", "9007199254740991", undefined],
    ["9223372036854775807", "9007199254740991", undefined],
    ["-9223372036854775808", "-9007199254740991", undefined],
    ["-1", "-1", undefined],
  ] as const) {
    const record = receive({ key: null, value: null }, { firstOffset: "0", firstTimestamp });
    expect(record.timestamp).toBe(held);
    expect(producedAt(record)).toBe(at);
    expect(unpackRecords(3, packRecords([record]))[0]?.timestamp).toBe(held);
  }
});

test("a record that is not from Kafka itself has its text's bytes", () => {
  const place = { partition: 0, offset: 0, timestamp: "0" };
  const record: ReceivedRecord = { ...place, key: "ß", value: null, headers: { "reply-to": "replies" } };
  expect(keyBytes(record)).toEqual(Buffer.from("ß"));
  expect(valueBytes(record)).toBeNull();
  expect(headerBytes(record, "reply-to")).toEqual(Buffer.from("replies"));
});

test("records that are packed for another thread are the same there, whatever they hold", () => {
  const text = fc.string({ unit: "binary" }).map((chosen) => chosen.toWellFormed());
  const arbitrary = fc.record({
    offset: fc.nat({ max: Number.MAX_SAFE_INTEGER - 10 }),
    timestamp: fc.nat({ max: 8_640_000_000_000 }),
    key: fc.option(text),
    value: fc.option(text),
    // The same short names and values again and again, as in life, beside others of their length.
    headers: fc.dictionary(
      fc.oneof(fc.constantFrom("ce_type", "ce_id"), text),
      fc.oneof(fc.constantFrom("a", "b"), text),
    ),
  });
  fc.assert(
    fc.property(fc.array(arbitrary), (given) => {
      const fetched = given.map(({ offset, timestamp, ...record }) =>
        receive(record, { firstOffset: String(offset), firstTimestamp: String(timestamp) }),
      );
      // Asked for first, so that each is found in a record that nobody has read.
      for (const [index, { value, headers }] of given.entries()) {
        const record = fetched[index] as FetchedRecord;
        for (const [name, text] of Object.entries(headers)) expect(record.header(name)).toBe(text);
        expect(record.header("never given")).toBeUndefined();
        expect(record.value).toBe(value);
      }
      const unpacked = unpackRecords(3, packRecords(fetched));
      expect(unpacked.map(({ bytes: _, ...record }) => record)).toEqual(
        given.map((record) => ({ ...record, partition: 3, timestamp: String(record.timestamp) })),
      );
      expect(unpacked.map(({ bytes }) => bytes)).toEqual(fetched.map(({ bytes }) => bytes));
    }),
    propertyRun(),
  );
});

test("offsets and times are exact, also those past what a number holds", () => {
  for (const timestampDelta of [0, 1, -1, 63, 64, 300_000, 0x3fff_ffff, 2 ** 40, -(2 ** 40)]) {
    for (const [firstOffset, firstTimestamp] of [
      ["0", "0"],
      ["12345678", "1795000000000"],
      ["9007199254740993000", "9007199254740993000"],
    ] as const) {
      const { offset, timestamp } = decode(
        { offsetDelta: 5, timestampDelta, key: null, value: null },
        { firstOffset, firstTimestamp },
      );
      expect(offset).toBe(String(BigInt(firstOffset) + 5n));
      expect(timestamp).toBe(String(BigInt(firstTimestamp) + BigInt(timestampDelta)));
    }
  }
});

test("the checksum is CRC-32C, at every length", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe306_9283);
  const bytes = Buffer.from(Array.from({ length: 70 }, (_, index) => (index * 151) & 0xff));
  for (let length = 0; length <= bytes.length; length++) {
    expect(crc32c(bytes.subarray(0, length))).toBe(bitwise(bytes.subarray(0, length)));
  }
});

/** CRC-32C bit by bit: the polynomial 0x1EDC6F41, reflected. */
function bitwise(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

test("records that are encoded between those of a batch, and past the memory that they share, leave it as it is", async () => {
  const sizes = Array.from({ length: 1_500 }, (_, index) => (index * 7_919) % 1_000);
  const values = [...sizes.map((size) => "x".repeat(size)), "y".repeat(300_000), "z"];
  const [mine, others] = [0, 1].map((turn) => values.filter((_, index) => index % 2 === turn));
  const encode = (value: string, offsetDelta: number) => encodeRecord({ key: null, value, offsetDelta });
  const records = (mine ?? []).map((value, index) => {
    encode(others?.[index] ?? "", index);
    return encode(value, index);
  });
  const { buffer } = await encodeBatch({ records, lastOffsetDelta: records.length - 1 });
  const decoded = await decodeBatch(new Decoder(buffer));
  expect(decoded.records.map(({ value }) => String(value))).toEqual(mine ?? []);
});

test("a batch holds its length, its checksum and its records where Kafka looks for them", async () => {
  const messages = ["a", "b".repeat(300), "ß".repeat(9_000)].map((value) => ({ key: "key", value }));
  for (const some of [messages.slice(0, 1), messages]) {
    const records = some.map((message, index) => encodeRecord({ ...message, offsetDelta: index }));
    const { buffer } = await encodeBatch({ records, lastOffsetDelta: some.length - 1, firstTimestamp: 7 });
    expect(buffer.readInt32BE(8)).toBe(buffer.length - 12);
    expect(buffer.readUInt32BE(17)).toBe(bitwise(buffer.subarray(21)));
    const decoded = await decodeBatch(new Decoder(buffer));
    expect(decoded.records.map(({ offset, timestamp, value }) => [offset, timestamp, String(value)])).toEqual(
      some.map(({ value }, index) => [String(index), "7", value]),
    );
  }
});
