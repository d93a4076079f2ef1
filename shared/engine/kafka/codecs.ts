// Every compression that Kafka knows, for what others produce: we compress nothing ourselves. Must never let a batch
// grow past its bound: a kilobyte may hold a gigabyte of one letter.
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { snappyUncompressor } from "hysnappy";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { decompressLz4 } from "./lz4.ts";

/** Bytes that one batch may have decompressed: sixteen times what Kafka lets a batch have that is not compressed. */
export const BATCH_BYTES_MAX = 16 * 1_048_576;

/** Xerial's frame, as the Java client writes it: so many bytes before the first block, which begin with these. */
const XERIAL_HEADER = 16;
const XERIAL_MAGIC = Buffer.from("\x82SNAPPY\0", "latin1");

/** @throws where it can't be decompressed, or grows past its bound */
type Decompress = (compressed: Buffer) => Buffer;

/** Makes them kafkajs' own. Safe to repeat. */
export function registerCodecs(): void {
  register(CompressionTypes.GZIP, (compressed) => gunzipSync(compressed, BOUND));
  register(CompressionTypes.Snappy, decompressSnappy);
  register(CompressionTypes.LZ4, (compressed) => decompressLz4(compressed, BATCH_BYTES_MAX));
  register(CompressionTypes.ZSTD, (compressed) => zstdDecompressSync(compressed, BOUND));
}

const BOUND = { maxOutputLength: BATCH_BYTES_MAX };

function register(type: CompressionTypes, decompress: Decompress): void {
  const codec = {
    compress: () => Promise.reject(new Error("Millrace does not compress")),
    decompress: async (compressed: Buffer) => decompress(compressed),
  };
  CompressionCodecs[type as keyof typeof CompressionCodecs] = () => codec;
}

/** In Xerial's frame or, as librdkafka and Go write it, one bare block. */
function decompressSnappy(compressed: Buffer): Buffer {
  if (!compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC))
    return decompressBlock(compressed, 0);
  const blocks: Buffer[] = [];
  let bytes = 0;
  for (let at = XERIAL_HEADER; at < compressed.length; ) {
    const length = compressed.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > compressed.length) throw new Error("Snappy ends within a block");
    const block = decompressBlock(compressed.subarray(at, at + length), bytes);
    bytes += block.length;
    blocks.push(block);
    at += length;
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks);
}

/** Begins with its own length: seven bits a byte, least significant first. */
function decompressBlock(block: Buffer, before: number): Buffer {
  let length = 0;
  for (let at = 0, scale = 1; ; at++, scale *= 128) {
    const byte = block[at];
    if (byte === undefined || at > 4) throw new Error("Snappy without a length");
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (before + length > BATCH_BYTES_MAX) throw new Error(`Snappy of more than ${BATCH_BYTES_MAX} bytes`);
  uncompress ??= snappyUncompressor();
  const bytes = uncompress(block, length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Made when the first such block comes: most installations never see one. */
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;
