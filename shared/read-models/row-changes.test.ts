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

test("rows are told of whole, unless they are too large together", () => {
  const row = (document: string) => ({ deleted: false, document });
  const changed = (document: string) => ({
    ...head,
    changes: [
      { id: "a", version: 2, row: row('{"id":"a"}') },
      { id: "b", version: 1, row: row(document) },
    ],
  });
  expect(parseRowsChanged(printRowsChanged(changed('{"id":"b"}')))).toEqual(changed('{"id":"b"}'));
  const changes = [
    { id: "a", version: 2 },
    { id: "b", version: 1 },
  ];
  const large = changed(`{"id":"${"ü".repeat(4_000)}"}`);
  expect(parseRowsChanged(printRowsChanged(large))).toEqual({ ...head, changes });
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
