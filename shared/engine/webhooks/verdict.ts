// What the end of a try means for its delivery and for its endpoint. Pure.
import type { Delivery, Settled, Verdict } from "./deliveries.ts";
import { pauseAfter } from "./schedule.ts";
import type { Outcome } from "./send.ts";

export interface Tried {
  readonly endpoint: string;
  /** The endpoint was known to fail. */
  readonly failing: boolean;
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly tookMs: number;
}

const GONE = 410;

/** @param random from 0 to 1 */
export function settledBy({ delivery, outcome, tookMs }: Tried, random: number): Settled {
  const { id, leasedUntil, attempts } = delivery;
  const own = { id, leasedUntil, pauseMs: 0, counts: true, failure: null, answer: null, tookMs };
  switch (outcome.is) {
    case "taken":
      return { ...own, state: "delivered", status: outcome.status };
    case "not taken": {
      const { status = null, failure, answer = null, retryAfterMs = 0 } = outcome;
      const pauseMs = pauseAfter(attempts, random);
      const ended = { ...own, status, failure, answer };
      if (pauseMs === undefined) return { ...ended, state: "failed" };
      return { ...ended, state: "pending", pauseMs: Math.max(pauseMs, retryAfterMs) };
    }
    // The delivery waits until somebody enables the endpoint again.
    case "refused":
      return { ...own, state: "pending", counts: false, status: null, failure: outcome.failure };
    case "interrupted":
      return { ...own, state: "pending", counts: false, status: null, tookMs: null };
  }
}

/** One verdict for each endpoint, however many of its tries have ended; none where they say nothing new of it. */
export function verdictsOf(tried: readonly Tried[]): Verdict[] {
  const verdicts = new Map<string, Verdict>();
  for (const { endpoint, outcome } of tried) {
    if (outcome.is === "interrupted") continue;
    const before = verdicts.get(endpoint) ?? {
      endpoint,
      taken: false,
      failure: null,
      slowMs: null,
      disable: null,
    };
    verdicts.set(endpoint, {
      endpoint,
      taken: before.taken || outcome.is === "taken",
      failure: outcome.is === "taken" ? before.failure : outcome.failure,
      slowMs: slowest(before.slowMs, outcome),
      disable: before.disable ?? disabling(outcome),
    });
  }
  const failing = new Set(tried.flatMap((each) => (each.failing ? each.endpoint : [])));
  return [...verdicts.values()].filter(
    ({ endpoint, taken, failure }) => !taken || failure !== null || failing.has(endpoint),
  );
}

function slowest(before: number | null, outcome: Outcome): number | null {
  if (outcome.is !== "not taken" || outcome.retryAfterMs === undefined) return before;
  return Math.max(before ?? 0, outcome.retryAfterMs);
}

function disabling(outcome: Outcome): string | null {
  if (outcome.is === "refused") return outcome.failure;
  return outcome.is === "not taken" && outcome.status === GONE ? "it answered 410: it wants no more" : null;
}
