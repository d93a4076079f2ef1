import { expect, test } from "bun:test";
import { printTable, summarize } from "./report.ts";

const runs = [
  [{ name: "p99", unit: "ms", value: 30, target: { atMost: 25 } }],
  [{ name: "p99", unit: "ms", value: 10, target: { atMost: 25 } }],
  [{ name: "p99", unit: "ms", value: 20, target: { atMost: 25 } }],
];

test("a promise is held against the median, with the spread beside it", () => {
  const [summary] = summarize("latency", runs);
  expect(summary).toMatchObject({ median: 20, least: 10, most: 30, runs: 3, met: true });
});

test("a promise of at least so much is missed below it", () => {
  const [summary] = summarize("reads", [[{ name: "reads", unit: "/s", value: 9, target: { atLeast: 10 } }]]);
  expect(summary?.met).toBe(false);
  expect(
    printTable(summarize("reads", [[{ name: "reads", unit: "/s", value: 9, target: { atLeast: 10 } }]])),
  ).toContain("≥ 10 MISSED");
});
