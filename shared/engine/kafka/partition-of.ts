// Which partition a key's records go to. Kafka's default, as kafkajs and the Java client have it; worked out
// here in 32-bit integers, since a rebuild asks for each of millions of keys.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** For a topic of that many partitions; a key that is text stands for its UTF-8. */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  return (murmur2(typeof key === "string" ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}

/** Austin Appleby's MurmurHash2, 32 bits, with Kafka's seed. */
function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    let k = byte(data, index) | (byte(data, index + 1) << 8);
    k |= (byte(data, index + 2) << 16) | (byte(data, index + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  const rest = length - index;
  if (rest === 3) hash ^= byte(data, index + 2) << 16;
  if (rest >= 2) hash ^= byte(data, index + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(data, index), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function byte(data: Uint8Array, index: number): number {
  return data[index] as number;
}
