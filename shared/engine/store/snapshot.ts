// What a state was at a version, so that a long stream need not be folded from its beginning. Must never be needed: one
// that is doubted is folded anew. Must never outlive the code that made it: its fingerprint says what that code does.
import * as v from "valibot";
import type { Decider } from "@millrace/domain/decider";
import { sameJson } from "@millrace/domain/same-json";
import type { Codec } from "@millrace/events/codec";
import type { StoredEvent } from "@millrace/events/envelope";

export interface Snapshot<State> {
  /** Equal for code that makes equal states of the examples' events. */
  readonly fingerprint: string;
  /** JSON. */
  print(state: State): string;
  /** @throws where the text is no such state */
  read(text: string): State;
  /** What a snapshot at the last of these events must hold. They are a stream's, from its first one on. */
  expected(events: readonly StoredEvent[]): string;
}

/** Checks a snapshot, for callers that need not know what it is of. */
export type SnapshotCheck = Pick<Snapshot<never>, "fingerprint" | "expected">;

/** Data of events by their type, at least one each: events that make a difference to what follows. */
export type Examples<Event extends { type: string; data: unknown }> = {
  readonly [Type in Event["type"]]: readonly [
    Extract<Event, { type: Type }>["data"],
    ...Extract<Event, { type: Type }>["data"][],
  ];
};

export interface SnapshotDefinition<State, Event extends { type: string; data: unknown }> {
  readonly decider: Pick<Decider<never, State, Event, unknown>, "category" | "initialState" | "evolve">;
  readonly codec: Codec<Event>;
  /** Of every state that has events. */
  readonly schema: v.GenericSchema<unknown, State>;
  readonly examples: Examples<Event>;
}

/** Events that are folded for a fingerprint: every step between some hundred states, in some milliseconds at the start. */
const STEPS_MAX = 5_000;

/** @throws for an example that the codec doesn't read, and for a state that is another one when it was printed and read */
export function defineSnapshot<State, Event extends { type: string; data: unknown }>(
  definition: SnapshotDefinition<State, Event>,
): Snapshot<State> {
  const print = (state: State) => JSON.stringify(state);
  const read = (text: string) => v.parse(definition.schema, JSON.parse(text));
  const check = (state: State) => {
    const text = print(state);
    if (!sameJson(read(text), state)) {
      throw new Error(`A snapshot of ${definition.decider.category} loses something of ${text}`);
    }
  };
  const { decider, codec } = definition;
  const expected = (events: readonly StoredEvent[]) =>
    print(
      events.reduce((state, stored) => decider.evolve(state, codec.decode(stored)), decider.initialState),
    );
  return { fingerprint: fingerprintOf(definition, check), print, read, expected };
}

/** Of the schema versions, and of every step that the examples' events lead through: from what state to what state. */
function fingerprintOf<State, Event extends { type: string; data: unknown }>(
  { decider, codec, examples }: SnapshotDefinition<State, Event>,
  check: (state: State) => void,
): string {
  const events = eventsOf(decider.category, codec, examples);
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(JSON.stringify(events));
  const reached = new Map([[JSON.stringify(decider.initialState), decider.initialState]]);
  let steps = 0;
  // States that are reached on the way are stepped from as well.
  for (const state of reached.values()) {
    for (const event of events) {
      if (++steps > STEPS_MAX) return hash.digest("hex");
      const next = stepFrom(decider, state, event);
      const text = next ? JSON.stringify(next.state) : "none";
      hash.update(`${text}\n`);
      if (!next || reached.has(text)) continue;
      check(next.state);
      reached.set(text, next.state);
    }
  }
  return hash.digest("hex");
}

/** As the codec reads them, so that one which it would not read is found here. */
function eventsOf<Event extends { type: string; data: unknown }>(
  category: string,
  codec: Codec<Event>,
  examples: Examples<Event>,
): (Event & { schemaVersion: number })[] {
  const all = Object.entries<readonly unknown[]>(examples);
  return all.flatMap(([type, datas]) =>
    datas.map((data) => {
      const schemaVersion = codec.schemaVersionOf(type) ?? 0;
      const read = codec.decode({
        ...{ stream: `${category}-example`, version: 1, type, schemaVersion, at: "" },
        metadata: { actor: "", correlationId: "", causationId: "" },
        data: JSON.stringify(data),
      });
      return { type, schemaVersion, data: read.data } as Event & { schemaVersion: number };
    }),
  );
}

/** Undefined where such an event can't follow. */
function stepFrom<State, Event>(
  { evolve }: { evolve(state: State, event: Event): State },
  state: State,
  event: Event,
): { readonly state: State } | undefined {
  try {
    return { state: evolve(state, event) };
  } catch {
    return undefined;
  }
}
