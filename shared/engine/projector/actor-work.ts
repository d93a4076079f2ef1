// An actor's work as a value: what lies in its mailbox, what it is doing. Pure: `step` takes in what has happened,
// `next` (actor-next.ts) says what to do, and actor.ts carries the effects out, in their order. Must never do two things
// at once, or touch a record before it has claimed its checkpoints.
import type { SizedRecord } from "@millrace/kafka/received-record";
import { backoffMs } from "@millrace/platform/backoff";
import { HALTED_MS } from "./breaker.ts";
import type { ActorState, Assignment, ToActor } from "./protocol.ts";
import { sizeOf } from "./size.ts";

export type StartOver = Omit<Extract<ToActor, { type: "start-over" }>, "type">;

export interface Work {
  readonly doing: "nothing" | "claiming" | "a turn" | "standing still" | "resting" | "finishing";
  readonly assignment: Assignment | undefined;
  readonly isClaimed: boolean;
  /** Another has the partition: nothing is done any more. */
  readonly isFenced: boolean;
  readonly isStopping: boolean;
  readonly mailbox: readonly SizedRecord[];
  /** Nothing is left out before it once the mailbox is empty: past the last record there may be a transaction's marker. */
  readonly upTo: number;
  readonly startOver: StartOver | undefined;
  /** The turn under way. */
  readonly turn: Turn | undefined;
  /** The actor lost a session, which may live on at the server. */
  readonly isLost: boolean;
  /** When tasks too far behind were last looked at, and when requests were last looked for: ms of the inputs' clock. */
  readonly lookedAt: number;
  readonly askedAt: number;
  /** Claims and turns that failed one after the other. */
  readonly failures: number;
  /** The state that the supervisor was last sent. */
  readonly told: ActorState;
}

export interface Turn {
  readonly endsFormerSessions: boolean;
  readonly provesLeft: boolean;
  readonly carriesOutRequests: boolean;
  readonly last:
    | { readonly do: "handle"; readonly batch: readonly SizedRecord[] }
    | { readonly do: "start over"; readonly at: StartOver }
    | { readonly do: "catch up" };
}

export type Failure =
  | { readonly kind: "fenced" | "halted" | "waiting-for-newer-code"; readonly cause: string }
  | { readonly kind: "other"; readonly cause: string; readonly isPostgresAway: boolean };

export type Input =
  | { readonly is: "assigned"; readonly assignment: Assignment }
  | { readonly is: "records"; readonly records: readonly SizedRecord[]; readonly upTo: number }
  | { readonly is: "start over"; readonly at: StartOver }
  | { readonly is: "stopping" }
  /** The checkpoints are ours. */
  | { readonly is: "claimed" }
  | { readonly is: "turn done" }
  /** The claim or the turn. */
  | { readonly is: "failed"; readonly failure: Failure }
  /** The checkpoints' rows say why, or could not be written. */
  | { readonly is: "stands still" }
  | { readonly is: "rested" };

export type Effect =
  | { readonly do: "claim"; readonly assignment: Assignment }
  | { readonly do: "take a turn"; readonly turn: Turn }
  | { readonly do: "stand still"; readonly cause: string }
  | { readonly do: "rest"; readonly ms: number }
  | { readonly do: "pass"; readonly upTo: number }
  | { readonly do: "say state"; readonly state: ActorState; readonly detail: string | undefined }
  | {
      readonly do: "say committed";
      readonly offset: number;
      readonly records: number;
      readonly bytes: number;
    }
  | { readonly do: "say passed" | "say claimed" | "say left" }
  /** Asks for what is next once more, so many ms from now and not before; undefined: only once something has happened. */
  | { readonly do: "look later"; readonly ms: number | undefined }
  /** Ends a rest too, and a claim with its session. */
  | { readonly do: "finish"; readonly catchesUp: boolean };

export interface Step {
  readonly work: Work;
  readonly effects: readonly Effect[];
}

/** Rests between failures, in ms. */
const BACKOFF = { firstMs: 100, mostMs: 5_000 };
/** Time, in ms, between tries of a partition that waits for newer code, which another process brings. */
const WAITING_MS = 5_000;

export const UNBEGUN: Work = {
  doing: "nothing",
  assignment: undefined,
  isClaimed: false,
  isFenced: false,
  isStopping: false,
  mailbox: [],
  upTo: 0,
  startOver: undefined,
  turn: undefined,
  isLost: false,
  lookedAt: 0,
  askedAt: 0,
  failures: 0,
  told: "starting",
};

export function step(work: Work, input: Input, ms: number): Step {
  switch (input.is) {
    case "assigned":
      return say({ ...work, assignment: input.assignment }, "claiming");
    case "records":
      return pass({ ...work, mailbox: work.mailbox.concat(input.records), upTo: input.upTo });
    case "start over":
      return same({ ...work, startOver: input.at });
    case "stopping":
      return stopping(work);
    case "claimed":
      return work.doing === "claiming" ? claimed(work) : same(work);
    case "turn done":
      return work.doing === "a turn" && work.turn ? turnDone(work, work.turn, ms) : same(work);
    case "failed":
      return failed(work, input.failure);
    case "stands still":
      if (work.doing !== "standing still") return same(work);
      return rest(work, work.told === "halted" ? HALTED_MS : WAITING_MS);
    case "rested":
      return same(work.doing === "resting" ? { ...work, doing: "nothing" } : work);
  }
}

/** Waits out no rest, and no claim: that ends with its session. */
function stopping(work: Work): Step {
  const next: Work = { ...work, isStopping: true };
  return same(work.doing === "claiming" || work.doing === "resting" ? { ...next, doing: "nothing" } : next);
}

function claimed(work: Work): Step {
  const next: Work = { ...work, doing: "nothing", isClaimed: true, failures: 0 };
  const idle = say(next, "idle");
  return { ...idle, effects: [{ do: "say left" }, { do: "say claimed" }, ...idle.effects] };
}

function turnDone(work: Work, turn: Turn, ms: number): Step {
  const next: Work = {
    ...work,
    doing: "nothing",
    turn: undefined,
    isLost: false,
    lookedAt: turn.provesLeft ? ms : work.lookedAt,
    askedAt: turn.carriesOutRequests ? ms : work.askedAt,
    failures: 0,
  };
  const done = lastDone(next, turn.last);
  const idle = say(done.work, "idle");
  return { ...idle, effects: [...done.effects, ...idle.effects] };
}

function lastDone(work: Work, last: Turn["last"]): Step {
  switch (last.do) {
    case "handle": {
      const passed = pass({ ...work, mailbox: work.mailbox.slice(last.batch.length) });
      return { ...passed, effects: [...committed(last.batch), ...passed.effects] };
    }
    case "start over":
      return { work: { ...work, startOver: undefined, upTo: 0 }, effects: [{ do: "say claimed" }] };
    case "catch up":
      return { work, effects: [{ do: "say passed" }] };
  }
}

function committed(batch: readonly SizedRecord[]): Effect[] {
  return batch.slice(-1).map(({ offset }) => ({
    do: "say committed",
    offset: offset + 1,
    records: batch.length,
    bytes: sizeOf(batch),
  }));
}

function failed(before: Work, failure: Failure): Step {
  if (before.doing !== "claiming" && before.doing !== "a turn") return same(before);
  const work = { ...before, turn: undefined };
  const { kind, cause } = failure;
  switch (kind) {
    case "fenced":
      return say({ ...work, doing: "nothing", isFenced: true }, "fenced", cause);
    case "halted":
    case "waiting-for-newer-code": {
      const still = say({ ...work, doing: "standing still" }, kind, cause);
      return { ...still, effects: [...still.effects, { do: "stand still", cause }] };
    }
    case "other": {
      const isLost = work.isLost || failure.isPostgresAway;
      const failures = work.failures + 1;
      const told = say({ ...work, isLost, failures }, "backing-off", cause);
      const resting = rest(told.work, backoffMs(failures, BACKOFF));
      return { ...resting, effects: [...told.effects, ...resting.effects] };
    }
  }
}

/** Not where it is to stop: that may have been said before there was a rest to end. */
function rest(work: Work, ms: number): Step {
  if (work.isStopping) return same({ ...work, doing: "nothing" });
  return { work: { ...work, doing: "resting" }, effects: [{ do: "rest", ms }] };
}

/** What is no record. A place in the old topic says nothing once it is to start over in the new one. */
function pass(work: Work): Step {
  if (work.mailbox.length > 0 || work.startOver) return same(work);
  return { work, effects: [{ do: "pass", upTo: work.upTo }] };
}

/** Whether it is idle or working, the supervisor sees from what it has in hand. */
function say(work: Work, state: ActorState, detail?: string): Step {
  if (state === "idle" && work.told === "idle") return same(work);
  return { work: { ...work, told: state }, effects: [{ do: "say state", state, detail }] };
}

function same(work: Work): Step {
  return { work, effects: [] };
}
