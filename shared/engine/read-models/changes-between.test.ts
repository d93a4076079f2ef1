import { expect, test } from "bun:test";
import { changesBetween } from "./changes-between.ts";

test("names each member that has changed, come or gone, by its pointer", () => {
  const before = { status: "CREATED", lines: [1], customer: "A", "a/b~c": 1, deep: { kept: 1, gone: 2 } };
  const after = { status: "SHIPPED", lines: [1, 2], customer: "A", "a/b~c": 2, deep: { kept: 1, come: 3 } };
  expect(changesBetween(before, after)).toEqual([
    { path: "/status", before: "CREATED", after: "SHIPPED" },
    { path: "/lines", before: [1], after: [1, 2] },
    { path: "/a~1b~0c", before: 1, after: 2 },
    { path: "/deep/gone", before: 2 },
    { path: "/deep/come", after: 3 },
  ]);
});

test("says the whole document where there was none, or is none any more", () => {
  expect(changesBetween(undefined, { a: 1 })).toEqual([{ path: "", after: { a: 1 } }]);
  expect(changesBetween({ a: 1 }, undefined)).toEqual([{ path: "", before: { a: 1 } }]);
});

test("leaves out what every event changes", () => {
  expect(changesBetween({ version: 1, updatedAt: "then" }, { version: 2, updatedAt: "now" })).toEqual([]);
});
