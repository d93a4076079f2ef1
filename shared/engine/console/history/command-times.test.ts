import { expect, test } from "bun:test";
import { between, quantileMs, readBuckets, sumOf } from "./command-times.ts";

const page = (counts: readonly number[], outcome = "accepted") =>
  ["0.001", "0.01", "+Inf"]
    .map(
      (le, index) =>
        `millrace_command_duration_seconds_bucket{le="${le}",type="doThing",outcome="${outcome}",process="command-api"} ${counts[index]}`,
    )
    .join("\n");

test("a quantile is of the accepted commands since the last look, of all processes together", () => {
  const before = readBuckets(page([1_000, 1_000, 1_000]));
  const now = readBuckets(`${page([1_050, 1_100, 1_100])}\n${page([0, 0, 900], "refused")}`);
  const since = sumOf([between(before, now), between(before, before)]);
  expect(quantileMs(since, 0.5)).toBe(1);
  expect(quantileMs(since, 0.75)).toBeCloseTo(5.5);
  expect(quantileMs(readBuckets(page([0, 0, 4])), 0.5)).toBe(10);
});

test("nothing is said of no command, of a first look, and of a process that began anew", () => {
  const buckets = readBuckets(page([10, 10, 10]));
  expect(quantileMs(between(buckets, buckets), 0.5)).toBeUndefined();
  expect(quantileMs(between(undefined, buckets), 0.5)).toBeUndefined();
  expect(quantileMs(between(buckets, readBuckets(page([1, 1, 1]))), 0.5)).toBeUndefined();
  expect(readBuckets("nonsense").size).toBe(0);
});
