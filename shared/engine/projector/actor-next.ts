// What an actor does next: pure, like actor-work.ts.
import type { Step, Turn, Work } from "./actor-work.ts";
import { takeBatch } from "./size.ts";

/** The time, in ms of the inputs' clock, and how the tasks are then. */
export interface Now {
  readonly ms: number;
  readonly batchMax: number;
  /** Tasks too far behind for the others to wait for them. */
  readonly left: number;
  /** The least `behindInMs` of the other tasks; infinite where none lags. */
  readonly behindInMs: number;
  readonly hasParked: boolean;
  readonly hasDue: boolean;
}

/** Time, in ms, between looks for requests about parked records, while there are any: people wait for theirs. */
const REQUESTS_INTERVAL_MS = 1_000;
/** Time, in ms, between looks whether a rebuild has taken over the checkpoint of a task that is too far behind. */
const LEFT_INTERVAL_MS = 5_000;

/** What comes next, where nothing is being done. */
export function next(work: Work, now: Now): Step {
  const { doing, assignment, isClaimed, isFenced, isStopping } = work;
  if (doing !== "nothing") return { work, effects: [] };
  if (isStopping) return finishing(work);
  if (isFenced || !assignment) return { work, effects: [] };
  if (!isClaimed) return { work: { ...work, doing: "claiming" }, effects: [{ do: "claim", assignment }] };
  if (!isDue(work, now)) {
    return { work, effects: [{ do: "look later", ms: lookAgainInMs(now) }] };
  }
  const turn = turnOf(work, now);
  return { work: { ...work, doing: "a turn", turn }, effects: [{ do: "take a turn", turn }] };
}

function lookAgainInMs({ left, hasParked, behindInMs }: Now): number | undefined {
  const ms = left > 0 || hasParked ? Math.min(REQUESTS_INTERVAL_MS, behindInMs) : behindInMs;
  return Number.isFinite(ms) ? ms : undefined;
}

function isDue(work: Work, now: Now): boolean {
  const { mailbox, startOver } = work;
  const isForRecords = mailbox.length > 0 || startOver !== undefined || now.behindInMs === 0;
  return isForRecords || now.hasDue || isLeftDue(work, now) || (now.hasParked && isAskingDue(work, now));
}

function isLeftDue({ lookedAt }: Work, { left, ms }: Now): boolean {
  return left > 0 && ms - lookedAt >= LEFT_INTERVAL_MS;
}

function isAskingDue({ askedAt }: Work, { ms }: Now): boolean {
  return ms - askedAt >= REQUESTS_INTERVAL_MS;
}

/** An actor starts over once the old topic's records have taken effect: they may never be sent again. */
function turnOf(work: Work, now: Now): Turn {
  const batch = takeBatch(work.mailbox, now.batchMax);
  const at = work.startOver;
  const otherwise: Turn["last"] = at ? { do: "start over", at } : { do: "catch up" };
  return {
    endsFormerSessions: work.isLost,
    provesLeft: isLeftDue(work, now),
    carriesOutRequests: now.hasDue || isAskingDue(work, now),
    last: batch.length > 0 ? { do: "handle", batch } : otherwise,
  };
}

function finishing(work: Work): Step {
  return {
    work: { ...work, doing: "finishing", mailbox: [] },
    effects: [{ do: "finish", catchesUp: work.isClaimed && !work.isFenced }],
  };
}
