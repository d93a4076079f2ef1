import { beforeAll, describe, expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { snappyCompress } from "hysnappy";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { BATCH_BYTES_MAX, registerCodecs } from "./codecs.ts";

type Named = Exclude<keyof typeof CompressionTypes, "None">;

beforeAll(registerCodecs);

function decompress(type: Named, compressed: Uint8Array): Promise<Buffer> {
  const codecs = CompressionCodecs as unknown as Record<
    number,
    () => { decompress(compressed: Buffer): Promise<Buffer> }
  >;
  return (codecs[CompressionTypes[type]] as (typeof codecs)[number])().decompress(Buffer.from(compressed));
}

const TEXT = Buffer.from("pen order customer Alice ".repeat(400));
/** Made by the program lz4: `-B4 -BD` of 140,000 times "a", in three blocks of which two lean on the one before. */
const LINKED = Buffer.from(
  `BCJNGERAXgsBAAAfYQEA${runs(341)}+dQYWFhYWELAQAAH2EBAP${runs(341)}nUGFhYWFhLQAAAB9hAQD${runs(45)}6VBhYWFhYQAAAAC40yG6`,
  "base64",
);
/** `-B4 -BX --content-size` of this text. */
const WORDS =
  "order pen customer pen Alice Alice Alice Alice order pen Alice pen Alice Alice pen Alice customer order pen customer pen pen pen pen Alice order Alice pen order Alice Alice order customer order order Alice customer pen Alice pen order customer pen customer Alice order customer customer Alice Alice pen Alice order Alice Alice order customer customer pen Alice";
const SIZED = Buffer.from(
  "BCJNGHxAaAEAAAAAAAC3ogAAAPMBb3JkZXIgcGVuIGN1c3RvbQ0AX0FsaWNlBgAABi8AAhwAADkAAgoAAgYABhAABU8ABjMABRMAACYACAQAAjwAAikAAgwAAB4ACBAAAhYAAhIABUcAAg8AAgYAAiEABRsAAEAAAhMAAAoAAiMACR0ABQ0AAiYACyIACx4AAiQAAEoAAgoAAi4AAgwAAgYAAhIABTcABQkAkHBlbiBBbGljZSkDz5AAAAAAiDKd3Q==",
  "base64",
);

/** Of 255s: the lengths of long matches. */
function runs(length: number): string {
  return "/".repeat(length);
}

/** As the Java client frames it: a magic number, two versions, and blocks with their lengths. */
function xerial(...blocks: Uint8Array[]): Buffer {
  const header = Buffer.from("\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", "latin1");
  return Buffer.concat([header, ...blocks.flatMap((block) => [int32(block.length), block])]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** An LZ4 frame of one block that repeats one letter, however often: 255 times a byte. */
function letters(count: number): Buffer {
  const lengths = Buffer.alloc(Math.ceil(count / 255), 255);
  const block = Buffer.concat([
    Buffer.from("1f610100", "hex"),
    lengths,
    Buffer.from("00506161616161", "hex"),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from("04224d18604082", "hex"), size, block, Buffer.alloc(4)]);
}

describe("what others have compressed is read", () => {
  test("gzip and zstd", async () => {
    expect(await decompress("GZIP", gzipSync(TEXT))).toEqual(TEXT);
    expect(await decompress("ZSTD", zstdCompressSync(TEXT))).toEqual(TEXT);
  });

  test("snappy, in the frame of the Java client and bare as librdkafka has it", async () => {
    expect(await decompress("Snappy", snappyCompress(TEXT))).toEqual(TEXT);
    const [head, tail] = [TEXT.subarray(0, 700), TEXT.subarray(700)];
    expect(await decompress("Snappy", xerial(snappyCompress(head), snappyCompress(tail)))).toEqual(TEXT);
  });

  test("LZ4 with and without sizes and checksums, in several blocks, and in several frames", async () => {
    expect(String(await decompress("LZ4", SIZED))).toBe(WORDS);
    expect(await decompress("LZ4", LINKED)).toEqual(Buffer.alloc(140_000, "a"));
    const skippable = Buffer.from("502a4d1803000000ffffff", "hex");
    expect(String(await decompress("LZ4", Buffer.concat([SIZED, skippable, SIZED])))).toBe(WORDS + WORDS);
  });
});

test("a batch that would grow past its bound is refused, however small it is", async () => {
  const bomb = Buffer.alloc(BATCH_BYTES_MAX + 1);
  const half = snappyCompress(bomb.subarray(0, BATCH_BYTES_MAX / 2 + 1));
  await expect(decompress("GZIP", gzipSync(bomb))).rejects.toThrow();
  await expect(decompress("ZSTD", zstdCompressSync(bomb))).rejects.toThrow();
  await expect(decompress("Snappy", snappyCompress(bomb))).rejects.toThrow("more than");
  await expect(decompress("Snappy", xerial(half, half))).rejects.toThrow("more than");
  expect((await decompress("LZ4", letters(2_550))).length).toBeGreaterThan(2_550);
  await expect(decompress("LZ4", letters(BATCH_BYTES_MAX))).rejects.toThrow("more than");
});

test("what is broken off, or was never compressed, is refused", async () => {
  for (const [type, whole] of [
    ["Snappy", Buffer.from(snappyCompress(TEXT))],
    ["Snappy", xerial(snappyCompress(TEXT))],
    ["LZ4", SIZED],
    ["GZIP", gzipSync(TEXT)],
  ] as const) {
    await expect(decompress(type, whole.subarray(0, whole.length - 9))).rejects.toThrow();
  }
  for (const type of ["Snappy", "LZ4", "GZIP", "ZSTD"] as const)
    await expect(decompress(type, Buffer.from("\xff\xff\xff\xff\xff no"))).rejects.toThrow();
});
