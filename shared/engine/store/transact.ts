// Load, decide, append: the one way to change a stream.

import { type Decider, decideAll, fold, type Versioned } from "@millrace/domain/decider";
import type { Codec } from "@millrace/events/codec";
import type { EventMetadata, RecordedEvent, StoredEvent } from "@millrace/events/envelope";
import { streamName } from "@millrace/events/envelope";
import { Failure } from "@millrace/platform/failure";
import type { Append, StoredAnswer } from "./append.ts";
import type { Appender } from "./appender.ts";
import type { Loader } from "./load.ts";

/** How one aggregate is decided, and how its events are written. */
export interface Aggregate<Command, State, Event extends { type: string; data: unknown }, Refusal> {
  readonly decider: Decider<Command, State, Event, Refusal>;
  readonly codec: Codec<Event>;
}

export interface Transaction<Command, State, Event, Refusal> {
  readonly aggregateId: string;
  /** Decided as one: all of them or none. */
  readonly commands: readonly Command[];
  readonly metadata: EventMetadata;
  /** The stream is most likely new: decide on the initial state at first, without a load. */
  readonly likelyNew?: boolean;
  /** Refuse as stale on any version but these. */
  readonly expectedVersions?: readonly number[];
  /**
   * Whether whoever asks may know of the stream. From those that may not it is hidden on the very version that would be
   * appended to: they are answered as if there were no such stream.
   */
  readonly maySee?: (state: State) => boolean;
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

/** `key_taken`: the idempotency key has an answer already; nothing was appended. */
export type Outcome<State, Event, Refusal> =
  | Settled<State, Event, Refusal>
  | { readonly outcome: "key_taken" };

export interface EventStore {
  readonly appender: Appender;
  readonly loader: Loader;
  /** ISO 8601, UTC. */
  readonly now: () => string;
  /** Decisions on one command before a lost race is given up. */
  readonly attemptsMax: number;
}

/**
 * Decides the commands on the stream's present state and appends what follows with that state's version.
 * A lost race is decided again on the new state.
 * @throws Failure `concurrent_update` when every attempt lost its race; what `Appender` and `Loader` throw.
 */
export async function transact<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
): Promise<Outcome<State, Event, Refusal>> {
  const { decider } = aggregate;
  const stream = streamName(decider.category, transaction.aggregateId);
  for (let attempt = 0; attempt < store.attemptsMax; attempt++) {
    const blind = transaction.likelyNew === true && attempt === 0;
    const present = blind
      ? { state: decider.initialState, version: 0 }
      : await read(store, aggregate, stream);
    const settled = settle(decider, transaction, present);
    // A refusal on a guessed state proves nothing: look at the stream before saying so.
    if (blind && settled.outcome !== "accepted") continue;
    const append = appendOf(store, aggregate, { stream, present, transaction, settled });
    if (!append) return settled;
    const outcome = await store.appender.append(append);
    if (outcome === "appended") return settled;
    if (outcome === "key_taken") return { outcome };
  }
  const message = `${stream} was changed by others ${store.attemptsMax} times while this command was decided`;
  throw new Failure("concurrent_update", message, true);
}

/** What a stream has come to. */
export interface Present<State> extends Versioned<State> {
  /** When its last event was stored, ISO 8601, UTC; absent where there is none, or none was looked for. */
  readonly at?: string;
}

/** The stream's present, folded page by page. `take` sees each event on the way, oldest first. */
export async function read<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { loader }: Pick<EventStore, "loader">,
  { decider, codec }: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  take?: (event: RecordedEvent<Event>) => void,
): Promise<Present<State>> {
  let present: Present<State> = { state: decider.initialState, version: 0 };
  for await (const page of loader.pages(stream)) {
    let { state } = present;
    for (const stored of page) {
      const event = codec.decode(stored);
      take?.(event);
      state = decider.evolve(state, event);
    }
    const { version, at } = page.at(-1) as StoredEvent;
    present = { state, version, at };
  }
  return present;
}

function settle<Command, State, Event, Refusal>(
  decider: Decider<Command, State, Event, Refusal>,
  transaction: Transaction<Command, State, Event, Refusal>,
  present: Present<State>,
): Settled<State, Event, Refusal> {
  const isHidden = transaction.maySee?.(present.state) === false;
  const { state, version } = isHidden ? { state: decider.initialState, version: 0 } : present;
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

/** Undefined where there is nothing to write: no events, and no key to keep an answer for. */
function appendOf<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: EventStore,
  { codec }: Aggregate<Command, State, Event, Refusal>,
  decided: {
    readonly stream: string;
    readonly present: Present<State>;
    readonly transaction: Transaction<Command, State, Event, Refusal>;
    readonly settled: Settled<State, Event, Refusal>;
  },
): Append | undefined {
  const { stream, present, transaction, settled } = decided;
  const events = settled.outcome === "accepted" ? settled.events.map((event) => codec.encode(event)) : [];
  const { idempotency, metadata } = transaction;
  if (events.length === 0 && !idempotency) return undefined;
  const keyed = idempotency && {
    key: idempotency.key,
    fingerprint: idempotency.fingerprint,
    answer: idempotency.answer(settled),
  };
  const at = latest(store.now(), present.at);
  const append = { stream, expectedVersion: present.version, events, metadata, at };
  return keyed ? { ...append, keyed } : append;
}

/** Versions order a stream, times only label it: where this clock is behind the last event's, the label stays there. */
function latest(now: string, last: string | undefined): string {
  return last !== undefined && last > now ? last : now;
}
