import { describe, expect, test } from "bun:test";
import { ATTEMPTS_MAX } from "./schedule.ts";
import type { Outcome } from "./send.ts";
import { settledBy, verdictsOf } from "./verdict.ts";

const tried = (outcome: Outcome, attempts = 1) => ({
  endpoint: "ep_1",
  failing: false,
  delivery: {
    id: "msg_1",
    event: "thing.made",
    stream: "thing-1",
    version: 1,
    at: "",
    attempts,
    leasedUntil: "",
  },
  outcome,
  tookMs: 7,
});
const notTaken = (status: number | undefined, retryAfterMs?: number): Outcome => ({
  is: "not taken",
  status,
  failure: `it answered ${status}`,
  answer: undefined,
  retryAfterMs,
});
const settled = (outcome: Outcome, attempts?: number) => settledBy(tried(outcome, attempts), 0.5);

describe("a try that was not taken", () => {
  test("comes again by the schedule, and after the last one no more", () => {
    expect(settled(notTaken(500))).toMatchObject({ state: "pending", pauseMs: 5_000, counts: true });
    expect(settled(notTaken(500), ATTEMPTS_MAX)).toMatchObject({ state: "failed" });
  });

  test("comes again no sooner than the endpoint asks for", () => {
    expect(settled(notTaken(429, 60_000)).pauseMs).toBe(60_000);
    expect(settled(notTaken(429, 1_000)).pauseMs).toBe(5_000);
    expect(verdictsOf([tried(notTaken(429, 60_000)), tried(notTaken(500))])).toMatchObject([
      { slowMs: 60_000 },
    ]);
  });

  // Seen to fail with 410 taken for any other status.
  test("disables its endpoint where that is gone, or where it must not be connected to", () => {
    expect(verdictsOf([tried(notTaken(410))])[0]?.disable).toContain("410");
    expect(verdictsOf([tried({ is: "refused", failure: "internal" })])[0]?.disable).toBe("internal");
    expect(verdictsOf([tried(notTaken(404))])[0]?.disable).toBeNull();
  });

  test("does not count where it was not made, and is tried once the endpoint is enabled", () => {
    for (const outcome of [{ is: "refused", failure: "" }, { is: "interrupted" }] as const) {
      expect(settled(outcome)).toMatchObject({ state: "pending", pauseMs: 0, counts: false });
    }
    expect(verdictsOf([tried({ is: "interrupted" })])).toEqual([]);
  });
});

test("one that was taken says that the endpoint is well, whatever else failed", () => {
  const verdicts = verdictsOf([
    tried(notTaken(500)),
    tried({ is: "taken", status: 200 }),
    tried(notTaken(500)),
  ]);
  expect(verdicts).toMatchObject([{ endpoint: "ep_1", taken: true, disable: null }]);
});

test("nothing is said of an endpoint that does as it was known to", () => {
  const taken = tried({ is: "taken", status: 200 });
  expect(verdictsOf([taken, taken])).toEqual([]);
  expect(verdictsOf([taken, { ...taken, failing: true }])).toMatchObject([{ taken: true }]);
});
