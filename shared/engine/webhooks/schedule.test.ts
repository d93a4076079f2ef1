import { expect, test } from "bun:test";
import { ATTEMPTS_MAX, pauseAfter, retryAfterMs } from "./schedule.ts";

test("a message is tried for some three days, ten times", () => {
  let sum = 0;
  for (let attempts = 1; attempts < ATTEMPTS_MAX; attempts++) sum += pauseAfter(attempts, 0.5) ?? 0;
  expect(ATTEMPTS_MAX).toBe(10);
  expect(sum / 86_400_000).toBeWithin(3, 3.5);
  expect(pauseAfter(ATTEMPTS_MAX, 0.5)).toBeUndefined();
});

test("what failed together comes again apart", () => {
  expect([pauseAfter(1, 0), pauseAfter(1, 1)]).toEqual([4_500, 5_500]);
});

test("Retry-After is seconds or a date, and no longer than a day", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("120", nowMs)).toBe(120_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:01:00 GMT", nowMs)).toBe(60_000);
  expect(retryAfterMs("Thu, 01 Jan 2015 00:01:00 GMT", nowMs)).toBe(0);
  expect(retryAfterMs("999999999", nowMs)).toBe(86_400_000);
  expect([retryAfterMs("soon", nowMs), retryAfterMs("", nowMs), retryAfterMs(null, nowMs)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
