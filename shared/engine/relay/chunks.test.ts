import { describe, expect, test } from "bun:test";
import { chunks } from "./chunks.ts";

const item = (key: string, bytes: number) => ({
  record: { topic: "thing-events", key, value: "x".repeat(bytes), headers: {} },
});

describe("chunks", () => {
  test("every record is in one chunk, in order, and no chunk passes the bound on records", () => {
    const records = Array.from({ length: 2_500 }, (_, index) => item(String(index), 10));
    const parts = [...chunks(records, 1_000)];
    expect(parts.flat()).toEqual(records);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(1_000);
  });

  test("no publish is larger than a broker takes, however much one append put into the outbox", () => {
    const records = Array.from({ length: 100 }, (_, index) => item(String(index), 200_000));
    const parts = [...chunks(records, 1_000)];
    expect(parts.flat()).toEqual(records);
    for (const part of parts) {
      expect(part.reduce((bytes, each) => bytes + each.record.value.length, 0)).toBeLessThanOrEqual(
        1_000_000,
      );
    }
  });

  test("a record larger than the bound goes alone instead of never", () => {
    const parts = [...chunks([item("a", 10), item("b", 900_000), item("c", 10)], 1_000)];
    expect(parts.map((part) => part.map((each) => each.record.key))).toEqual([["a"], ["b"], ["c"]]);
  });
});
