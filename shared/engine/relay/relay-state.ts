// How a relay is doing, and what it does after a round: pure.
import { backoffMs } from "@millrace/platform/backoff";
import type { Round } from "./outbox-round.ts";
import { BUSY_RECORDS } from "./pace.ts";

export interface RelayState {
  /** Whether Kafka has been reached. */
  readonly isConnected: boolean;
  readonly failures: number;
  readonly lastFailure: string | undefined;
  /** When the work began that has not succeeded yet, in ms; undefined at rest. */
  readonly workingSince: number | undefined;
  /** Rounds that failed since one succeeded. */
  readonly failuresInARow: number;
}

/** Rests between rounds that fail, in ms. */
const BACKOFF = { firstMs: 100, mostMs: 5_000 };
/** A relay that could do nothing for so long, in ms, is not ready: a leader's election takes less. */
const STUCK_MS = 5_000;
/** What a relay that stands still means for senders of commands. */
const KEPT = "Commands are accepted meanwhile, and their events wait in the outbox";
/** Longest time, in ms, that what was published stays in the outbox while nothing else is appended. */
const REMOVED_WITHIN_MS = 50;

export const NEW_RELAY: RelayState = {
  isConnected: false,
  failures: 0,
  lastFailure: undefined,
  workingSince: undefined,
  failuresInARow: 0,
};

export function began(state: RelayState, nowMs: number): RelayState {
  return { ...state, workingSince: state.workingSince ?? nowMs };
}

export function succeeded(state: RelayState): RelayState {
  return { ...state, lastFailure: undefined, workingSince: undefined, failuresInARow: 0 };
}

export function failed(state: RelayState, cause: string): RelayState {
  const { failures, failuresInARow } = state;
  return { ...state, failures: failures + 1, failuresInARow: failuresInARow + 1, lastFailure: cause };
}

/** Time, in ms, to rest after the last failure. */
export function restMs({ failuresInARow }: RelayState): number {
  return backoffMs(failuresInARow, BACKOFF);
}

/** Undefined where it works, or did moments ago. */
export function whyNotReady(
  { isConnected, workingSince, lastFailure }: RelayState,
  nowMs: number,
): string | undefined {
  if (!isConnected)
    return `Kafka has not been reached yet: ${lastFailure ?? "it has not answered"}. ${KEPT}; look at Kafka and at KAFKA_BROKERS`;
  const stuckMs = workingSince === undefined ? 0 : nowMs - workingSince;
  if (stuckMs < STUCK_MS) return undefined;
  const seconds = Math.round(stuckMs / 1_000);
  const cause = lastFailure ?? "Postgres or Kafka does not answer";
  return `nothing could be published for ${seconds} s: ${cause}. ${KEPT} until the cause is gone; \`bun run ops relay\` shows how many`;
}

export type AfterRound =
  /** Appends notify from now on; the next round looks for what was appended before. */
  | { readonly do: "ask to be notified" }
  /** Until a notification, or so many ms. */
  | { readonly do: "rest"; readonly ms: number }
  /** The relay looks again after its pace; where it has enough to do, appends no longer notify it. */
  | { readonly do: "go on"; readonly stopsBeingNotified: boolean; readonly restMs: number | undefined };

export interface Lanes {
  readonly areHeld: boolean;
  /** Whether appends notify this relay. */
  readonly areNotified: boolean;
  readonly pollMs: number;
  /** Until what is set aside is tried again. */
  readonly heldDueInMs: number;
}

export function afterRound({ records, holds }: Round, lanes: Lanes): AfterRound {
  const { areHeld, areNotified, pollMs, heldDueInMs } = lanes;
  if (records === 0 && areHeld && !areNotified) return { do: "ask to be notified" };
  if (records === 0) return { do: "rest", ms: holds ? Math.min(pollMs, heldDueInMs) : pollMs };
  const stopsBeingNotified = areNotified && records >= BUSY_RECORDS;
  const staysNotified = areNotified && !stopsBeingNotified;
  return { do: "go on", stopsBeingNotified, restMs: staysNotified ? REMOVED_WITHIN_MS : undefined };
}
