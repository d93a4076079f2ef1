// What a stream has come to, folded from its events.
import type { Decider, Versioned } from "@millrace/domain/decider";
import type { Codec } from "@millrace/events/codec";
import type { RecordedEvent, StoredEvent } from "@millrace/events/envelope";
import type { Loader } from "./load.ts";
import type { Snapshot } from "./snapshot.ts";

/** How one aggregate is decided, and how its events are written. */
export interface Aggregate<Command, State, Event extends { type: string; data: unknown }, Refusal> {
  readonly decider: Decider<Command, State, Event, Refusal>;
  readonly codec: Codec<Event>;
  /** Where there is one, its long streams are folded from the last snapshot on. */
  readonly snapshot?: Snapshot<State>;
}

export interface Present<State> extends Versioned<State> {
  /** When its last event was stored, ISO 8601, UTC; absent where there is none, or none was looked for. */
  readonly at?: string;
}

/** The stream's present, folded page by page from its beginning. `take` sees each event on the way, oldest first. */
export function read<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { loader }: { readonly loader: Loader },
  aggregate: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  take?: (event: RecordedEvent<Event>) => void,
): Promise<Present<State>> {
  return foldPages(aggregate, loader.pages(stream), beginningOf(aggregate), take);
}

/** What every stream is before its first event. */
export function beginningOf<State>({ decider }: { decider: { initialState: State } }): Present<State> {
  return { state: decider.initialState, version: 0 };
}

/** On from a present, page by page. */
export async function foldPages<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { decider, codec }: Aggregate<Command, State, Event, Refusal>,
  pages: AsyncIterable<readonly StoredEvent[]>,
  from: Present<State>,
  take?: (event: RecordedEvent<Event>) => void,
): Promise<Present<State>> {
  let present = from;
  for await (const page of pages) {
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
