// What a stream has come to, folded from its events.
import type { Decider, Versioned } from "@millrace/domain/decider";
import type { Codec } from "@millrace/events/codec";
import type { RecordedEvent, StoredEvent } from "@millrace/events/envelope";
import type { Loader } from "./load.ts";

/** How one aggregate is decided, and how its events are written. */
export interface Aggregate<Command, State, Event extends { type: string; data: unknown }, Refusal> {
  readonly decider: Decider<Command, State, Event, Refusal>;
  readonly codec: Codec<Event>;
}

export interface Present<State> extends Versioned<State> {
  /** When its last event was stored, ISO 8601, UTC; absent where there is none, or none was looked for. */
  readonly at?: string;
}

/**
 * The stream's present, folded page by page: from its beginning, or on from what it had come to.
 * `take` sees each event on the way, oldest first.
 */
export async function read<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { loader }: { readonly loader: Loader },
  { decider, codec }: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  { from, take }: { readonly from?: Present<State>; take?(event: RecordedEvent<Event>): void } = {},
): Promise<Present<State>> {
  let present: Present<State> = from ?? { state: decider.initialState, version: 0 };
  for await (const page of loader.pages(stream, present.version)) {
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
