import { expect, test } from "bun:test";
import { accessRatios, printRatios, printRebuild, ratiosOf } from "./promises.ts";
import { summarize } from "./report.ts";

const accepted = (value: number) => [{ name: "accepted and readable", unit: "orders/s", value }];
const one = (question: string, name: string, value: number) =>
  summarize(question, [[{ name, unit: "", value }]]);

test("a ratio is that of the medians, beside what is promised against that peer", () => {
  const summaries = [
    ...summarize("accept", [9_000, 12_000, 15_000].map(accepted)),
    ...summarize("express", [3_000, 6_000, 2_000].map(accepted)),
    ...summarize("emmett", [800, 600, 1_000].map(accepted)),
    ...summarize("hops", [20_000, 20_000, 10_000].map(accepted)),
  ];
  expect(printRatios(ratiosOf(summaries, ["express", "emmett", "hops"]))).toEqual([
    "accept: accepted and readable, 4.00 times express (promised: at least 4, met)",
    "accept: accepted and readable, 15.00 times emmett",
    "accept: accepted and readable, 0.60 times hops (promised: at least 0.65, MISSED)",
  ]);
});

test("each question is held against what the peer calls the same", () => {
  const summaries = [
    ...one("accept", "accepting, p99", 14),
    ...one("visible", "visible, p50", 6.1),
    ...one("visible-under-load", "visible, p50", 15),
    ...one("read", "reads", 14_000),
    ...summarize("hops", [
      [
        { name: "accepting, p99", unit: "ms", value: 10 },
        { name: "visible at rest, p50", unit: "ms", value: 5 },
        { name: "visible at 2,000/s, p50", unit: "ms", value: 10 },
        { name: "reads", unit: "requests/s", value: 10_000 },
      ],
    ]),
  ];
  expect(printRatios(ratiosOf(summaries, ["hops"]))).toEqual([
    "accept: accepting, p99, 1.40 times hops (promised: at most 1.4, met)",
    "visible: visible, p50, 1.22 times hops (promised: at most 1.2, MISSED)",
    "visible-under-load: visible, p50, 1.50 times hops (promised: at most 1.5, met)",
    "read: reads, 1.40 times hops (promised: at least 1.5, MISSED)",
  ]);
});

test("nothing is said of a peer or a question that was not asked", () => {
  expect(ratiosOf(one("read", "reads", 14_000), ["hops"])).toEqual([]);
  expect(ratiosOf([...one("read", "reads", 14_000), ...one("hops", "reads", 1)], [])).toEqual([]);
  expect(printRebuild(one("rebuild", "rows made of events", 70_000))).toEqual([]);
});

test("a rebuild is held to its events a second where express shows that the machine is fast enough", () => {
  const rebuilt = (events: number, orders: number) =>
    printRebuild([
      ...one("rebuild", "rows made of events", events),
      ...summarize("express", [accepted(orders)]),
    ]);
  expect(rebuilt(60_000, 1_000)).toEqual([
    "rebuild: rows made of events, 60,000 a second (promised: at least 60,000, met)",
  ]);
  expect(rebuilt(59_000, 1_000)).toEqual([
    "rebuild: rows made of events, 59,000 a second (promised: at least 60,000, MISSED)",
  ]);
  expect(rebuilt(59_000, 999)).toEqual([
    "rebuild: rows made of events, 59,000 a second (promised: nothing where express makes 999 orders a second)",
  ]);
});

test("what access costs is a ratio to the open one's figure, beside what is promised of that", () => {
  const summaries = [
    ...one("accept", "accepted and readable", 10_000),
    ...one("accept by key", "accepted and readable", 9_300),
    ...one("accept by jwt", "accepted and readable", 9_200),
    ...one("read", "reads", 20_000),
    ...one("read by key", "reads", 19_000),
  ];
  expect(printRatios(accessRatios(summaries, ["key", "jwt"]))).toEqual([
    "accept by key: accepted and readable, 0.93 times open (promised: at least 0.93, met)",
    "accept by jwt: accepted and readable, 0.92 times open (promised: at least 0.93, MISSED)",
    "read by key: reads, 0.95 times open (promised: at least 0.93, met)",
  ]);
  expect(accessRatios(summaries, [])).toEqual([]);
});
