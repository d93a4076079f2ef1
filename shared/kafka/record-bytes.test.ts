import { expect, test } from "bun:test";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const encodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => {
  buffer: Buffer;
};

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
      const headers = { ce_type: "OrderCreated", empty: "", long };
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
