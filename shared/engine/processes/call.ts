// What a process calls outside. An adapter must never retry on its own: when to ask again is the process's decision, and it
// counts on one call each.

import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";

/**
 * Why there is no answer that can be trusted. It is stored in events and shown to clients, so it is one of these words; what
 * exactly went wrong, which may name hosts and statements, stands in the log.
 */
export type UnclearCause = "timeout" | "unreachable" | "pending" | "failed";

/** No answer that can be trusted: the call may or may not have had its effect. */
export interface Unclear {
  readonly outcome: "unclear";
  readonly cause: UnclearCause;
}

export interface Asked {
  /** The idempotency key: however often the call is made with it, it has its effect once. */
  readonly key: string;
  /** Aborting gives up the wait for an answer; it promises nothing about the effect. */
  readonly signal: AbortSignal;
}

/** An answer of another system. `outcome` is a label of a metric, so a call has few of them. */
export interface Answer {
  readonly outcome: string;
}

export interface CallBounds {
  readonly callMsMax: number;
  /** Gets the error of a call that broke off. */
  readonly log: Log;
}

/**
 * One call: answers within `callMsMax` and never throws. An error counts as unclear too: the request may have arrived before
 * whatever broke.
 */
export async function callWithin<Given extends Answer>(
  { callMsMax, log }: CallBounds,
  key: string,
  call: (asked: Asked) => Promise<Given>,
): Promise<Given | Unclear> {
  const giveUp = new AbortController();
  const overrun = Promise.withResolvers<Unclear>();
  const timer = setTimeout(() => {
    giveUp.abort();
    overrun.resolve({ outcome: "unclear", cause: "timeout" });
  }, callMsMax);
  try {
    return await Promise.race([call({ key, signal: giveUp.signal }), overrun.promise]);
  } catch (error) {
    log.warn({ err: error, key }, "a process's call broke off: its outcome is not known");
    return { outcome: "unclear", cause: "failed" };
  } finally {
    clearTimeout(timer);
  }
}

/** Called when a call has been answered or given up. */
export type OnCall = (call: string, outcome: string, ms: number) => void;

export function measureCalls(metrics: Metrics): (process: string) => OnCall {
  const calls = metrics.histogram(
    "millrace_process_call_duration_seconds",
    "Time until a process's call outside was answered or given up on, by process, call and outcome.",
    { labels: ["name", "call", "outcome"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  return (name) => (call, outcome, ms) => calls.observe(ms / 1_000, name, call, outcome);
}
