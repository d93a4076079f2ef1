import { expect, test } from "bun:test";
import { isFull, UNREAD } from "./reading.ts";
import { sizeOf, takeBatch } from "./size.ts";

const records = (count: number, bytes: number) => Array.from({ length: count }, () => ({ bytes }));

const MEBIBYTE = 1_048_576;

test("a batch has as many records as it may, where they are small", () => {
  expect(takeBatch(records(2_000, 300), 1_000)).toHaveLength(1_000);
  expect(takeBatch(records(3, 300), 1_000)).toHaveLength(3);
  expect(takeBatch([], 1_000)).toEqual([]);
});

// Seen to fail with records counted alone: the batch had a thousand of them, 100 MB.
test("a batch of large records is bounded by their size", () => {
  const batch = takeBatch(records(1_000, 100_000), 1_000);
  expect(batch.length).toBeGreaterThan(10);
  expect(sizeOf(batch)).toBeLessThanOrEqual(4 * MEBIBYTE);
});

test("a record that is larger than any batch may be stands alone", () => {
  expect(takeBatch([...records(1, 5 * MEBIBYTE), ...records(9, 1)], 1_000)).toHaveLength(1);
  expect(takeBatch([{ bytes: 0 }], 1_000)).toHaveLength(1);
});

// Seen to fail with the mailbox counted in records alone: it took all of them, 200 MB.
test("a mailbox is full by its records' size as well as by their number", () => {
  const bound = { mailboxRecordsMax: 2_000 };
  const bytes = sizeOf(records(10, 100_000));
  let inHand = 0;
  while (!isFull({ ...UNREAD, inHand, bytesInHand: (inHand / 10) * bytes }, bound) && inHand < 2_000)
    inHand += 10;
  expect(inHand).toBeLessThan(200);
  expect(isFull({ ...UNREAD, inHand: inHand - 10, bytesInHand: (inHand / 10 - 1) * bytes }, bound)).toBe(
    false,
  );
  expect(isFull({ ...UNREAD, inHand: 2_000 }, bound)).toBe(true);
});
