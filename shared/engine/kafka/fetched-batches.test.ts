// What the patched client makes of a fetch: the batches that it can read, and of the others where they were.
import { expect, test } from "bun:test";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { RecordBatch: encodeBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(batch: object): Promise<{ buffer: Buffer }>;
};
const encodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => object;
const Decoder = require("kafkajs/src/protocol/decoder") as new (buffer: Buffer) => object;
const crc32c = require("kafkajs/src/protocol/recordBatch/crc32C") as (buffer: Buffer) => number;
const decodeMessages = require("kafkajs/src/protocol/requests/fetch/v4/decodeMessages") as (
  decoder: object,
) => Promise<Fetched>;
const filterAborted = require("kafkajs/src/consumer/filterAbortedMessages") as (fetched: object) => Message[];

type Fetched = { offset: string; value: Buffer | null }[] & {
  readonly nextOffset?: number;
  readonly unreadable: { from: number; to: number; reason: string }[];
};

const ATTRIBUTES_AT = 21;
const COUNT_AT = 57;

/** Of two records each. */
async function batchAt(firstOffset: number, spoil: (batch: Buffer) => void = () => {}): Promise<Buffer> {
  const records = [0, 1].map((offsetDelta) => encodeRecord({ key: null, value: "v", offsetDelta }));
  const { buffer } = await encodeBatch({ firstOffset, records, lastOffsetDelta: 1 });
  const batch = Buffer.from(buffer);
  spoil(batch);
  return batch;
}

/** Changes what is told, and the checksum with it. */
function spoiled(change: (batch: Buffer) => void) {
  return (batch: Buffer) => {
    change(batch);
    batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), 17);
  };
}

async function fetched(...batches: Buffer[]): Promise<Fetched> {
  const size = Buffer.alloc(4);
  const all = Buffer.concat(batches);
  size.writeInt32BE(all.length);
  return decodeMessages(new Decoder(Buffer.concat([size, all])));
}

// Seen to fail with the patch's catch left out: nothing after such a batch was ever read.
test("a batch that can't be decoded costs its own records, whatever is wrong with it, and is named", async () => {
  const read = await fetched(
    await batchAt(0),
    await batchAt(2, (batch) => batch.writeUInt8(0xff, batch.length - 1)),
    await batchAt(
      4,
      spoiled((batch) => batch.writeInt16BE(7, ATTRIBUTES_AT)),
    ),
    await batchAt(
      6,
      spoiled((batch) => batch.writeInt16BE(1, ATTRIBUTES_AT)),
    ),
    await batchAt(
      8,
      spoiled((batch) => batch.writeInt32BE(2_000_000_000, COUNT_AT)),
    ),
    await batchAt(10),
    await batchAt(12, (batch) => batch.writeUInt8(0xff, 17)),
  );
  expect(read.map(({ offset }) => offset)).toEqual(["0", "1", "10", "11"]);
  expect(read.unreadable.map(({ from, to }) => [from, to])).toEqual([
    [2, 4],
    [4, 6],
    [6, 8],
    [8, 10],
    [12, 14],
  ]);
  expect(read.unreadable[0]?.reason).toContain("checksum");
  expect(read.unreadable[1]?.reason).toContain("codec");
  expect(read.nextOffset).toBe(14);
});

test("a batch that ends with the fetch is left for the next one", async () => {
  const whole = await batchAt(2);
  const read = await fetched(await batchAt(0), whole.subarray(0, whole.length - 1));
  expect(read.map(({ offset }) => offset)).toEqual(["0", "1"]);
  expect(read.unreadable).toEqual([]);
  expect(read.nextOffset).toBe(2);
});

interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: object;
}

const MARKER = Buffer.alloc(4);

function message(offset: number, producerId: string, marker = false, key: Buffer | null = null): Message {
  const batchContext = { producerId, inTransaction: true };
  return { offset: String(offset), key: marker ? MARKER : key, isControlRecord: marker, batchContext };
}

// Seen to fail with the client as it is: the second of two transactions that began before the fetch was handed over,
// and so was what came after a record with a key of four zeros.
test("aborted records are passed over whoever began first, and whatever their keys", () => {
  const messages = [
    message(10, "b"),
    message(11, "a", false, MARKER),
    message(12, "a"),
    message(13, "c"),
    message(14, "a", true),
    message(15, "a"),
    message(16, "b", true),
  ];
  const abortedTransactions = [
    { producerId: "b", firstOffset: "5" },
    { producerId: "a", firstOffset: "3" },
  ];
  const kept = filterAborted({ messages, abortedTransactions }).filter(
    ({ isControlRecord }) => !isControlRecord,
  );
  expect(kept.map(({ offset }) => offset)).toEqual(["13", "15"]);
});
