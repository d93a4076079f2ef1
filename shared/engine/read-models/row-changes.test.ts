import { expect, test } from "bun:test";
import { hashOf, parseRowsChanged, printRowsChanged } from "./row-changes.ts";

const projection = "things";

test("what is notified is what is heard", () => {
  for (const hashes of [[], [0], [hashOf("a:b:1"), hashOf("é"), 0xffffffff]]) {
    expect(parseRowsChanged(printRowsChanged({ projection, hashes }))).toEqual({ projection, hashes });
  }
  expect(parseRowsChanged(printRowsChanged({ projection }))).toEqual({ projection });
});

test("a payload gives no id and nothing of a row away", () => {
  expect(printRowsChanged({ projection, hashes: [hashOf("thing-of-alice")] })).not.toContain("alice");
});

// Stored nowhere, but processes of two releases have to agree on it.
test("an id's hash is its CRC-32", () => {
  expect(hashOf("123456789")).toBe(0xcbf43926);
});

test("a notification always fits what Postgres delivers: where hashes don't, any row may have changed", () => {
  for (const count of [1, 900, 937, 938, 1_000, 100_000]) {
    const payload = printRowsChanged({ projection, hashes: Array.from({ length: count }, () => 7) });
    expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
    expect(parseRowsChanged(payload).hashes?.length).toBe(count > 937 ? undefined : count);
  }
});

test("a projection of the release before, which named ids and rows, may have changed any row", () => {
  const before = '{"projection":"things","partition":0,"offset":7,"ids":["1:1"],"rows":[{"deleted":true}]}';
  expect(parseRowsChanged(before)).toEqual({ projection });
});

test.each(["", "not JSON", "null", "7", "[]", "{}", '{"projection":7}'])("%p is none", (payload) => {
  expect(() => parseRowsChanged(payload)).toThrow();
});
