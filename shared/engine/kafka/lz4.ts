// LZ4's frame format (lz4_Frame_format.md, 1.6.x), read: no kept library has it without native code. Checksums are
// passed over, since Kafka's batches have one of their own.

const MAGIC = 0x184d2204;
/** Frames of anything, to be skipped, have one of sixteen magic numbers from here. */
const SKIPPABLE = 0x184d2a50;
const UNCOMPRESSED = 0x8000_0000;
const MATCH_MIN = 4;

/** @throws where it is not LZ4, or grows past `bytesMax` */
export function decompressLz4(compressed: Buffer, bytesMax: number): Buffer {
  const output = new Output(bytesMax);
  let at = 0;
  while (at < compressed.length) at = readFrame(compressed, at, output);
  return output.bytes();
}

/** Answers where the frame ends. */
function readFrame(input: Buffer, start: number, output: Output): number {
  const magic = input.readUInt32LE(start);
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) return start + 8 + input.readUInt32LE(start + 4);
  if (magic !== MAGIC) throw new Error("LZ4 without its magic number");
  const flags = input.readUInt8(start + 4);
  if (flags >> 6 !== 1) throw new Error(`LZ4 of version ${flags >> 6}`);
  if (flags & 0x01) throw new Error("LZ4 with a dictionary");
  const blockChecksum = flags & 0x10 ? 4 : 0;
  const contentSize = flags & 0x08 ? 8 : 0;
  const contentChecksum = flags & 0x04 ? 4 : 0;
  const isIndependent = (flags & 0x20) !== 0;
  // Flags, the largest block's size, the content's size, and a checksum of these.
  let at = start + 4 + 2 + contentSize + 1;
  const frameStart = output.length;
  for (;;) {
    const size = input.readUInt32LE(at);
    at += 4;
    if (size === 0) return at + contentChecksum;
    const length = size & ~UNCOMPRESSED;
    const block = input.subarray(at, at + length);
    if (block.length < length) throw new Error("LZ4 ends within a block");
    if (size >= UNCOMPRESSED) output.copy(block, 0, length);
    else readBlock(block, output, isIndependent ? output.length : frameStart);
    at += length + blockChecksum;
  }
}

/** Literals and matches in turn; a match reaches back no further than `earliest`. */
function readBlock(block: Buffer, output: Output, earliest: number): void {
  let at = 0;
  const more = (length: number) => {
    let sum = length;
    for (let byte = 255; length === 15 && byte === 255; sum += byte) {
      byte = block.readUInt8(at++);
    }
    return sum;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = more(token >> 4);
    if (at + literals > block.length) throw new Error("LZ4 ends within its literals");
    output.copy(block, at, at + literals);
    at += literals;
    // A block ends with literals.
    if (at === block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    const length = more(token & 0x0f) + MATCH_MIN;
    if (distance === 0 || distance > output.length - earliest) throw new Error("LZ4 reaches back too far");
    output.repeat(distance, length);
  }
}

/** Grows up to its bound. */
class Output {
  length = 0;
  private memory = Buffer.allocUnsafe(64 * 1_024);
  private readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  copy(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    this.length += from.copy(this.memory, this.length, start, end);
  }

  /** What stands `distance` before the end, again; it may overlap what it makes. */
  repeat(distance: number, length: number): void {
    this.reserve(length);
    const { memory } = this;
    const end = this.length + length;
    for (let at = this.length; at < end; at++) memory[at] = memory[at - distance] as number;
    this.length = end;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed > this.bytesMax) throw new Error(`LZ4 of more than ${this.bytesMax} bytes`);
    if (needed <= this.memory.length) return;
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * this.memory.length), this.bytesMax));
    this.memory.copy(larger, 0, 0, this.length);
    this.memory = larger;
  }
}
