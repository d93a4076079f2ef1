import { expect, test } from "bun:test";
import { Partitioners } from "kafkajs";
import { partitionOf } from "./partition-of.ts";

test("a key's partition is the one that kafkajs sends it to", () => {
  const choose = Partitioners.DefaultPartitioner();
  for (const partitions of [1, 2, 4, 7, 64]) {
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [0],
      isr: [0],
      offlineReplicas: [],
    }));
    for (const key of ["a", "ab", "abc", "abcd", "ß😀", "x".repeat(300), ...binary(50), ...uuids(500)]) {
      const expected = choose({ topic: "t", partitionMetadata, message: { key, value: null } });
      expect({ key, partition: partitionOf(key, partitions) }).toEqual({ key, partition: expected });
    }
  }
});

/** Of any bytes, as other producers' keys are. */
function binary(count: number): Buffer[] {
  return Array.from({ length: count }, (_, length) =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(length))),
  );
}

function uuids(count: number): string[] {
  return Array.from({ length: count }, () => crypto.randomUUID());
}
