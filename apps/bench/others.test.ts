import { expect, test } from "bun:test";
import { othersBetween } from "./others.ts";

test("others took what was busy and not ours", () => {
  const before = { total: 1_000, busy: 600, ours: 100 };
  const after = { total: 1_200, busy: 780, ours: 240 };
  expect(othersBetween(before, after)).toBe(20);
});

test("what ended meanwhile may be counted late, never as less than nothing", () => {
  const before = { total: 1_000, busy: 600, ours: 100 };
  expect(othersBetween(before, { total: 1_100, busy: 650, ours: 160 })).toBe(0);
  expect(othersBetween(before, before)).toBe(0);
});
