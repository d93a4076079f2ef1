// Decides commands on a state, one after another, and prints what is to be stored for each. Must never wait for anything.
import { type Decider, decideAll, fold } from "@millrace/domain/decider";
import type { EventMetadata } from "@millrace/events/envelope";
import type { StoredAnswer } from "./append.ts";
import type { Aggregate, Present } from "./present.ts";
import { APPEND_BYTES_MAX, type PrintedCommand, printCommand } from "./printed-append.ts";

export interface Transaction<Command, State, Event, Refusal> {
  readonly aggregateId: string;
  /** Decided as one: all of them or none. */
  readonly commands: readonly Command[];
  readonly metadata: EventMetadata;
  /** The stream is most likely new: decide on the initial state at first, without a load. */
  readonly likelyNew?: boolean;
  /** Refuse as stale on any version but these. */
  readonly expectedVersions?: readonly number[];
  /** The caller may not know of the stream: it is neither read nor waited for, and the answer is as if there were none. */
  readonly isHidden?: boolean;
  /** Makes the transaction happen at most once; refusals are stored as well as successes. */
  readonly idempotency?: {
    readonly key: string;
    readonly fingerprint: string;
    answer(outcome: Settled<State, Event, Refusal>): StoredAnswer;
  };
}

/** What was decided. `state` and `version` are those after it. */
export type Settled<State, Event, Refusal> =
  | {
      readonly outcome: "accepted";
      readonly events: readonly Event[];
      readonly state: State;
      readonly version: number;
    }
  | {
      readonly outcome: "refused";
      readonly refusal: Refusal;
      readonly state: State;
      readonly version: number;
    }
  | { readonly outcome: "stale"; readonly state: State; readonly version: number };

/** One transaction decided. */
export interface Decided<State, Event, Refusal> {
  readonly settled: Settled<State, Event, Refusal>;
  /** Undefined where there is nothing to write: no events, and no key to keep an answer for. */
  readonly printed: PrintedCommand | undefined;
  readonly present: Present<State>;
}

/** @throws what the decider, the answer and `printCommand` throw */
export function decideOne<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { decider, codec }: Aggregate<Command, State, Event, Refusal>,
  asked: {
    readonly stream: string;
    readonly transaction: Transaction<Command, State, Event, Refusal>;
    readonly present: Present<State>;
    /** ISO 8601, UTC. */
    readonly now: string;
  },
): Decided<State, Event, Refusal> {
  const { stream, transaction, present } = asked;
  const settled = settle(decider, transaction, present);
  const events = settled.outcome === "accepted" ? settled.events.map((event) => codec.encode(event)) : [];
  const { idempotency, metadata } = transaction;
  if (events.length === 0 && !idempotency) return { settled, printed: undefined, present };
  const keyed = idempotency && {
    key: idempotency.key,
    fingerprint: idempotency.fingerprint,
    answer: idempotency.answer(settled),
  };
  const at = latest(asked.now, present.at);
  const append = { stream, expectedVersion: present.version, events, metadata, at };
  const printed = printCommand(keyed ? { ...append, keyed } : append);
  const { state, version } = settled;
  return { settled, printed, present: events.length === 0 ? present : { state, version, at } };
}

function settle<Command, State, Event, Refusal>(
  decider: Decider<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
  { state, version }: Present<State>,
): Settled<State, Event, Refusal> {
  if (transaction.expectedVersions && !transaction.expectedVersions.includes(version)) {
    return { outcome: "stale", state, version };
  }
  const decision = decideAll(decider, transaction.commands, state);
  if (!decision.accepted) return { outcome: "refused", refusal: decision.refusal, state, version };
  const { events } = decision;
  return {
    outcome: "accepted",
    events,
    state: fold(decider, events, state),
    version: version + events.length,
  };
}

/** Versions order a stream, times only label it: where this clock is behind the last event's, the label stays there. */
function latest(now: string, last: string | undefined): string {
  return last !== undefined && last > now ? last : now;
}

/** Transactions decided one after another, each on what the ones before it leave. */
export interface Group<State, Event, Refusal> {
  /** One a transaction, in their order; fewer where those that follow have to wait for the next group. */
  readonly results: readonly (Decided<State, Event, Refusal> | { readonly error: unknown })[];
  readonly bytes: number;
  /** After all of them. */
  readonly present: Present<State>;
}

/** A transaction that can't be decided or stored is passed over. */
export function decideGroup<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  aggregate: Aggregate<Command, State, Event, Refusal>,
  asked: {
    readonly stream: string;
    readonly transactions: readonly Transaction<Command, State, Event, Refusal>[];
    readonly present: Present<State>;
    readonly now: string;
  },
): Group<State, Event, Refusal> {
  const results: (Decided<State, Event, Refusal> | { error: unknown })[] = [];
  const keys = new Set<string>();
  let { present } = asked;
  let bytes = 0;
  for (const transaction of asked.transactions) {
    const key = transaction.idempotency?.key;
    // Where a command before it has its key, this one is to find it taken.
    if (key !== undefined && keys.has(key)) break;
    try {
      const decided = decideOne(aggregate, { ...asked, transaction, present });
      const weight = decided.printed?.bytes ?? 0;
      if (bytes > 0 && bytes + weight > APPEND_BYTES_MAX) break;
      bytes += weight;
      results.push(decided);
      ({ present } = decided);
      if (key !== undefined) keys.add(key);
    } catch (error) {
      results.push({ error });
    }
  }
  return { results, bytes, present };
}
