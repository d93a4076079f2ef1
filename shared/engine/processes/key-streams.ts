// The streams of one key while it is worked on, and the event that caused whatever is appended to them.
import { type EventMetadata, eventId, type RecordedEvent, streamName } from "@millrace/events/envelope";
import { read } from "@millrace/store/present";
import type { EventStore } from "@millrace/store/transact";
import type {
  AnyEvent,
  Known,
  NameIn,
  ProcessDefinition,
  Requests,
  StateOf,
  Streams,
  Wake,
} from "./process.ts";

export interface KeyStream<State> extends Known<State> {
  readonly stream: string;
  /** When its last event was stored, ISO 8601, UTC; empty where there is none. */
  readonly at: string;
  /** The last of the stream's events that gave the process reason to look. */
  readonly reason: { readonly version: number; readonly at: string } | undefined;
}

export interface KeyStreams<S extends Streams> {
  readonly key: string;
  /** Metadata of the first stream's first event: the conversation that all of it belongs to. */
  readonly origin: EventMetadata | undefined;
  readonly streams: { readonly [Name in keyof S]: KeyStream<StateOf<S[Name]>> };
}

type Woken<S extends Streams, R extends Requests, Settings> = Pick<
  ProcessDefinition<S, R, Settings>,
  "streams" | "wakes"
>;

export async function loadStreams<S extends Streams, R extends Requests, Settings>(
  store: Pick<EventStore, "loader">,
  { streams, wakes }: Woken<S, R, Settings>,
  key: string,
): Promise<KeyStreams<S>> {
  const origins: (EventMetadata | undefined)[] = [];
  const loading = Object.entries(streams).map(async ([name, aggregate], index) => {
    const { category } = aggregate.decider;
    const stream = streamName(category, key);
    const wake = wakeOf(wakes, category);
    let begunAtMs: number | undefined;
    let reason: KeyStream<unknown>["reason"];
    const take = (event: RecordedEvent<AnyEvent>) => {
      origins[index] ??= event.metadata;
      begunAtMs ??= Date.parse(event.at);
      if (wake?.look(event)) reason = { version: event.version, at: event.at };
    };
    const { state, version, at = "" } = await read(store, aggregate, stream, take);
    return [name, { stream, state, version, at, begunAtMs, reason }] as const;
  });
  const loaded = Object.fromEntries(await Promise.all(loading)) as KeyStreams<S>["streams"];
  return { key, origin: origins[0], streams: loaded };
}

/** The streams after events were appended to one of them, with nothing in between. */
export function goneOn<S extends Streams, R extends Requests, Settings>(
  { streams, wakes }: Woken<S, R, Settings>,
  known: KeyStreams<S>,
  on: NameIn<S>,
  appended: {
    readonly state: unknown;
    readonly version: number;
    readonly events: readonly AnyEvent[];
    readonly at: string;
    readonly metadata: EventMetadata;
  },
): KeyStreams<S> {
  const before = known.streams[on];
  const { state, version, events, at, metadata } = appended;
  const wake = wakeOf(wakes, streams[on].decider.category);
  const recorded = events.map((event, index) => {
    const own = { aggregateId: known.key, version: before.version + index + 1, at, metadata };
    return { ...event, ...own };
  });
  const reason = recorded.findLast((event) => wake?.look(event)) ?? before.reason;
  const begunAtMs = before.begunAtMs ?? Date.parse(at);
  return {
    ...known,
    origin: known.origin ?? (Object.keys(streams)[0] === on ? metadata : undefined),
    streams: { ...known.streams, [on]: { ...before, state, version, at, begunAtMs, reason } },
  };
}

function wakeOf(wakes: readonly Wake[], category: string): Wake | undefined {
  return wakes.find(({ on }) => on.decider.category === category);
}

/** The id of the event that caused a step on one stream: one of another stream, preferably one that gave reason to look. */
export function reasonFor<S extends Streams>({ key, streams }: KeyStreams<S>, on: NameIn<S>): string {
  const all: readonly [string, KeyStream<unknown>][] = Object.entries(streams);
  const others = all.flatMap(([name, each]) => (name === on ? [] : [each]));
  const reasons = others.flatMap(({ stream, reason }) => (reason ? [{ stream, ...reason }] : []));
  const last = others.filter(({ version }) => version > 0);
  const [cause] = (reasons.length > 0 ? reasons : last).sort((a, b) => b.at.localeCompare(a.at));
  if (cause) return eventId(cause.stream, cause.version);
  const own = streams[on];
  return own.version > 0 ? eventId(own.stream, own.reason?.version ?? own.version) : key;
}

/** The id of the event that caused an answer: the one that said what would be asked. */
export function afterOwn<S extends Streams>(known: KeyStreams<S>, on: NameIn<S>): string {
  const own = known.streams[on];
  return own.version > 0 ? eventId(own.stream, own.version) : reasonFor(known, on);
}

export function metadataOf<S extends Streams>(
  { origin, key }: KeyStreams<S>,
  actor: string,
  causationId: string,
): EventMetadata {
  const metadata = { actor, correlationId: origin?.correlationId ?? key, causationId };
  return origin?.traceparent ? { ...metadata, traceparent: origin.traceparent } : metadata;
}
