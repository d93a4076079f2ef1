// A stream's present, found by the shortest way: on from what it is known to have come to, or from its last snapshot where
// that is later. Must never believe a snapshot that it has a doubt of: then the events alone count.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Loader } from "./load.ts";
import { type Aggregate, beginningOf, foldPages, type Present } from "./present.ts";
import type { Snapshots } from "./snapshots.ts";

/** A present, and what it was folded from since the last snapshot: by that it is known when the next one is due. */
export interface Reached<State> {
  readonly present: Present<State>;
  /** Of the last snapshot's state; 0 where there is none. */
  readonly snapshotBytes: number;
  readonly eventsSince: number;
  readonly bytesSince: number;
}

export interface ReadingStore {
  readonly loader: Loader;
  /** Streams are folded from their beginning where there are none. */
  readonly snapshots?: Snapshots | undefined;
}

/** @throws what the loader and the codec throw */
export async function readOn<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  store: ReadingStore,
  aggregate: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  known: Reached<State> | undefined,
): Promise<Reached<State>> {
  const { from, pages } = await startOf(store, aggregate, stream, known ?? nothing(beginningOf(aggregate)));
  let bytes = 0;
  const weighed = async function* () {
    for await (const page of pages) {
      for (const { data } of page) bytes += data.length;
      yield page;
    }
  };
  const present = await foldPages(aggregate, weighed(), from.present);
  const eventsSince = from.eventsSince + present.version - from.present.version;
  return { ...from, present, eventsSince, bytesSince: from.bytesSince + bytes };
}

interface Start<State> {
  readonly from: Reached<State>;
  /** What follows it. */
  readonly pages: AsyncIterable<readonly StoredEvent[]>;
}

async function startOf<Command, State, Event extends { type: string; data: unknown }, Refusal>(
  { loader, snapshots }: ReadingStore,
  { snapshot }: Aggregate<Command, State, Event, Refusal>,
  stream: string,
  known: Reached<State>,
): Promise<Start<State>> {
  const after = known.present.version;
  if (!snapshot || !snapshots) return { from: known, pages: loader.pages(stream, after) };
  const { snapshot: found, pages } = await loader.latest(stream, {
    after,
    fingerprint: snapshot.fingerprint,
  });
  if (!found) return { from: known, pages };
  try {
    const { version, at, state } = found;
    const present = { state: snapshot.read(state), version, at };
    return { from: { ...nothing(present), snapshotBytes: state.length }, pages };
  } catch (error) {
    snapshots.discard(found, error);
    return { from: known, pages: loader.pages(stream, after) };
  }
}

function nothing<State>(present: Present<State>): Reached<State> {
  return { present, snapshotBytes: 0, eventsSince: 0, bytesSince: 0 };
}
