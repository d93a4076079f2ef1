import { expect, test } from "bun:test";
import { parseRowsChanged, printRowsChanged } from "./row-changes.ts";

const head = { projection: "orders", partition: 3, offset: 42 };

test("what is notified is what is heard, ids with colons included", () => {
  const changed = {
    ...head,
    changes: [
      { id: "a:b:1", version: 2 },
      { id: "é", version: 10 },
    ],
  };
  expect(parseRowsChanged(printRowsChanged(changed))).toEqual(changed);
  expect(parseRowsChanged(printRowsChanged(head))).toEqual(head);
});

test("a row that changed alone is told of whole, unless it is too large", () => {
  const change = { id: "a", version: 2 };
  const row = (document: string) => ({ deleted: false, document });
  const alone = { ...head, changes: [{ ...change, row: row('{"id":"a"}') }] };
  expect(parseRowsChanged(printRowsChanged(alone))).toEqual(alone);
  const large = { ...head, changes: [{ ...change, row: row(`{"id":"${"ü".repeat(4_000)}"}`) }] };
  expect(parseRowsChanged(printRowsChanged(large))).toEqual({ ...head, changes: [change] });
});

test("a notification always fits what Postgres delivers: past that, it names no rows", () => {
  for (const count of [1, 10, 100, 150, 160, 200, 1_000, 100_000]) {
    for (const id of ["1", "0d0a1c1e-8a3b-4a0e-9d6c-3c1f0a4b5c6d", "ü".repeat(128)]) {
      const changes = Array.from({ length: count }, () => ({ id, version: 1 }));
      const payload = printRowsChanged({ ...head, changes });
      expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
      expect(parseRowsChanged(payload)).toMatchObject(head);
    }
  }
});
