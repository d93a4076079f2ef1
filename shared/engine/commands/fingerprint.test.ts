import { expect, test } from "bun:test";
import { fingerprint } from "./fingerprint.ts";

test("the same JSON is the same request, however its members are ordered", () => {
  expect(fingerprint("POST /", { a: 1, b: { c: [1, 2], d: null } })).toBe(
    fingerprint("POST /", { b: { d: null, c: [1, 2] }, a: 1 }),
  );
});

test.each([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: "1" }],
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, [["a", 1]]],
  [{ a: 1 }, { members: [["a", 1]] }],
  [{ a: null }, {}],
  [null, undefined],
  [{ a: { b: 1 } }, { a: { b: [1] } }],
])("%p and %p are two requests", (left, right) => {
  expect(fingerprint("POST /", left)).not.toBe(fingerprint("POST /", right));
});

test("the same body on another route is another request", () => {
  expect(fingerprint("PATCH /a", {})).not.toBe(fingerprint("PATCH /b", {}));
});
