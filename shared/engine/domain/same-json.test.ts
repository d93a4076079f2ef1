import { expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { sameJson } from "./same-json.ts";

test("a value is the same as its copy, whatever the order of its members", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(sameJson(value, JSON.parse(JSON.stringify(value)))).toBe(true);
    }),
    propertyRun(),
  );
  expect(sameJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
});

test("two values are the same where they print the same with sorted members, and only there", () => {
  const small = fc.jsonValue({ maxDepth: 2, noUnicodeString: true });
  fc.assert(
    fc.property(small, small, (left, right) => {
      expect(sameJson(left, right)).toBe(sorted(left) === sorted(right));
    }),
    propertyRun(),
  );
});

test("what differs in kind or in one member is not the same", () => {
  for (const [left, right] of [
    [[], {}],
    [null, {}],
    [0, ""],
    [["a"], { 0: "a" }],
    [{ a: 1 }, { b: 1 }],
    [[1], [1, 2]],
    [{}, JSON.parse('{"__proto__":1}')],
  ]) {
    expect(sameJson(left, right)).toBe(false);
    expect(sameJson(right, left)).toBe(false);
  }
});

test("a member that is undefined counts as absent", () => {
  expect(sameJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
  expect(sameJson({ a: undefined }, { b: 1 })).toBe(false);
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}
