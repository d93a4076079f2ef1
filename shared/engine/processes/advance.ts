// One key of a process, step by step until nothing is left to do: load, ask for the next step, act. Must never call outside
// before the event that says so is stored, nor remember anything but events: it may stop anywhere, and the next to take the
// key up goes on from what is in the store.
import { Failure } from "@millrace/platform/failure";
import { type EventStore, transact } from "@millrace/store/transact";
import { type CallBounds, callWithin, type OnCall } from "./call.ts";
import { afterOwn, goneOn, type KeyStreams, loadStreams, metadataOf, reasonFor } from "./key-streams.ts";
import type { AnyEvent, CallStep, Effect, Opened, ProcessDefinition, Requests, Streams } from "./process.ts";

/** How far a key has come. */
export type Advance =
  | { readonly end: "done" }
  /** An answer is not clear yet: ask again after a pause. */
  | { readonly end: "unclear" }
  /** The program is stopping. */
  | { readonly end: "interrupted" }
  | { readonly end: "waiting"; readonly forMs: number; readonly waitingFor: string }
  | { readonly end: "stuck"; readonly reason: string };

export interface Runtime<S extends Streams, R extends Requests, Settings> {
  readonly definition: ProcessDefinition<S, R, Settings>;
  readonly opened: Opened<S, R, Settings>;
  readonly store: EventStore;
  readonly log: CallBounds["log"];
  readonly onCall?: OnCall | undefined;
}

/** Steps in a row. A process that takes as many has a mistake in it; it goes on after a pause, and others have their turn. */
const STEPS_MAX = 30;

/** @throws Failure what Postgres and lost races throw; `process_unsettled` past STEPS_MAX */
export async function advance<S extends Streams, R extends Requests, Settings>(
  runtime: Runtime<S, R, Settings>,
  key: string,
  stopping: AbortSignal,
): Promise<Advance> {
  const { definition, opened, store } = runtime;
  let known = await loadStreams(store, definition, key);
  /** A call has brought nothing that could be gone on with: the next one comes after a pause. */
  let isUnclear = false;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const nowMs = Date.parse(store.now());
    const step = definition.next(known.streams, nowMs, opened.settings);
    if (step.kind === "done") return { end: "done" };
    if (step.kind === "stuck") return { end: "stuck", reason: step.reason };
    if (step.kind === "wait") {
      return { end: "waiting", forMs: Math.max(step.untilMs - nowMs, 0), waitingFor: step.waitingFor };
    }
    if (stopping.aborted) return { end: "interrupted" };
    if (step.kind === "decide") {
      const after = await append(runtime, known, step, reasonFor(known, step.on));
      if (after.is === "refused" && !after.isMoved)
        return stuck(after.attempted, `was refused: ${after.code}`);
      if (after.is === "nothing new") return stuck(after.attempted, "changes nothing, and would come again");
      known = after.is === "appended" ? after.known : await loadStreams(store, definition, key);
      continue;
    }
    if (isUnclear) return { end: "unclear" };
    const { effect, outcome } = await call(runtime, known, step);
    if (!effect) return { end: "unclear" };
    const after = await append(runtime, known, effect, afterOwn(known, effect.on));
    // The answer contradicts what is stored, and it may not come again: people have to look at it.
    if (after.is === "refused") {
      return stuck(after.attempted, `was refused: ${after.code}, after ${step.call} answered ${outcome}`);
    }
    isUnclear = outcome === "unclear" || after.is === "nothing new";
    if (after.is !== "nothing new")
      known = after.is === "appended" ? after.known : await loadStreams(store, definition, key);
  }
  throw new Failure("process_unsettled", `${key} is not settled after ${STEPS_MAX} steps`, true);
}

function stuck(attempted: string, why: string): Advance {
  return { end: "stuck", reason: `${attempted} ${why}` };
}

async function call<S extends Streams, R extends Requests, Settings>(
  { definition, opened, store, log, onCall }: Runtime<S, R, Settings>,
  known: KeyStreams<S>,
  step: CallStep<R>,
): Promise<{ effect: Effect<S> | undefined; outcome: string }> {
  const { run, follow } = opened.calls[step.call];
  const metadata = metadataOf(known, definition.name, afterOwn(known, definition.begunBy));
  const startedAt = performance.now();
  const answer = await callWithin({ callMsMax: opened.callMsMax, log }, step.key, (asked) =>
    run(step.request, { ...asked, store, metadata }),
  );
  onCall?.(step.call, answer.outcome, performance.now() - startedAt);
  return { effect: follow(answer, step.request), outcome: answer.outcome };
}

type Appended<S extends Streams> =
  /** Nothing came in between, and all is known. */
  | { readonly is: "appended"; readonly known: KeyStreams<S> }
  /** The stream has moved since it was read. */
  | { readonly is: "moved" }
  | { readonly is: "nothing new"; readonly attempted: string }
  | { readonly is: "refused"; readonly code: string; readonly isMoved: boolean; readonly attempted: string };

async function append<S extends Streams, R extends Requests, Settings>(
  { definition, store }: Runtime<S, R, Settings>,
  known: KeyStreams<S>,
  { on, command }: Effect<S>,
  causationId: string,
): Promise<Appended<S>> {
  const before = known.streams[on];
  const attempted = `${command.type} on ${before.stream}`;
  const metadata = metadataOf(known, definition.name, causationId);
  const outcome = await transact<{ readonly type: string }, unknown, AnyEvent, { readonly code: string }>(
    store,
    definition.streams[on],
    { aggregateId: known.key, commands: [command], metadata, likelyNew: before.version === 0 },
  );
  switch (outcome.outcome) {
    case "refused": {
      const isMoved = outcome.version !== before.version;
      return { is: "refused", code: outcome.refusal.code, isMoved, attempted };
    }
    case "accepted":
      if (outcome.version !== before.version + outcome.events.length) return { is: "moved" };
      if (outcome.events.length === 0) return { is: "nothing new", attempted };
      return {
        is: "appended",
        known: goneOn(definition, known, on, { ...outcome, at: store.now(), metadata }),
      };
    case "stale":
    case "key_taken":
      throw new Error(
        `${attempted} asked for no version and has no key, and was answered ${outcome.outcome}`,
      );
  }
}
