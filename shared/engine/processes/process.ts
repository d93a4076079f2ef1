// A process as a shop defines it: a pure function over streams, woken by events and due times, whose steps append, call
// outside, wait, ask for a person, or end. It keeps nothing of its own: whatever was appended before a crash is found again,
// and whatever was not is done again under the same key. So it may stop anywhere, run twice, and be woken late or twice.
import type { Codec } from "@millrace/events/codec";
import type { EventMetadata, RecordedEvent } from "@millrace/events/envelope";
import type { Config } from "@millrace/platform/config";
import type { Database } from "@millrace/platform/postgres";
import type { Aggregate } from "@millrace/store/present";
import type { EventStore } from "@millrace/store/transact";
import type { Answer, Asked, Unclear } from "./call.ts";
import type { CallbackSource } from "./callback-source.ts";

export interface AnyEvent {
  type: string;
  data: unknown;
}
type AnyAggregate = Aggregate<{ readonly type: string }, unknown, AnyEvent, { readonly code: string }>;
/** Aggregates by the names that the process gives them. The stream of a key is `<category>-<key>`. */
export type Streams = Readonly<Record<string, AnyAggregate>>;
/** The request of each call, by the call's name. */
export type Requests = object;

export type StateOf<A extends AnyAggregate> = A["decider"]["initialState"];
type CommandOf<A extends AnyAggregate> = Parameters<A["decider"]["decide"]>[0];
export type NameIn<Names> = keyof Names & string;

/** What a stream holds now. */
export interface Known<State> {
  readonly state: State;
  /** Events in it. */
  readonly version: number;
  /** When its first event was stored, milliseconds since 1970; undefined where there is none. */
  readonly begunAtMs: number | undefined;
}

export type States<S extends Streams> = { readonly [Name in keyof S]: Known<StateOf<S[Name]>> };

/** A command on one of the streams. */
export type Effect<S extends Streams> = {
  [Name in NameIn<S>]: { readonly on: Name; readonly command: CommandOf<S[Name]> };
}[NameIn<S>];

export type Decide<S extends Streams> = { readonly kind: "decide" } & Effect<S>;

/** A call to another system. The command that the answer leads to is appended; without a clear answer the step comes again after a pause. */
export type CallStep<R extends Requests> = {
  [Name in NameIn<R>]: {
    readonly kind: "call";
    readonly call: Name;
    /** The idempotency key at the other system. It follows from the streams alone, so that a repeated call has the same. */
    readonly key: string;
    readonly request: R[Name];
  };
}[NameIn<R>];

export type Step<S extends Streams, R extends Requests> =
  | Decide<S>
  | CallStep<R>
  /** The process looks again at that time, or when an event comes before. `waitingFor` is shown to operators. */
  | { readonly kind: "wait"; readonly untilMs: number; readonly waitingFor: string }
  /** A person has to look. Nothing more is done for the key before somebody retries it. */
  | { readonly kind: "stuck"; readonly reason: string }
  | { readonly kind: "done" };

/** With the store, for a call that appends to streams of other keys in place of asking a provider: its commands are once by `key`. */
export interface AskedFor extends Asked {
  readonly store: EventStore;
  readonly metadata: EventMetadata;
}

export interface Call<S extends Streams, Request, Given extends Answer> {
  /** @throws for what is not known: it counts as unclear */
  run(request: Request, asked: AskedFor): Promise<Given>;
  /**
   * What follows from the answer; undefined where nothing does, and it is asked again after a pause. An answer that comes late
   * decides no events: a command that is refused says that the answer contradicts what is stored, and a person has to look.
   */
  follow(answer: Given | Unclear, request: Request): Effect<S> | undefined;
}

/** Which events of a topic give reason to look, and at which key. */
export interface Wake<Event extends AnyEvent = AnyEvent> {
  readonly on: { readonly decider: { readonly category: string }; readonly codec: Codec<Event> };
  /**
   * `begins`: there may be something to do. `goes on`: only where the process has begun, which a task or the stream
   * `begunBy` shows. Undefined: never.
   */
  look(event: RecordedEvent<Event>): "begins" | "goes on" | undefined;
  /** The key; the aggregate's id without. */
  key?(event: RecordedEvent<Event>): string | undefined;
  /**
   * False for an event of the present schema version that `look` answers undefined for, told from what has not been
   * checked: to check all of an event costs as much as all else that is done for it. `data` parses it, so where the type
   * says enough it is left alone.
   */
  glance?(type: string, data: () => Readonly<Record<string, unknown>>): boolean;
}

/** The tools of the program that runs a process. */
export interface Outside {
  readonly config: Config;
  readonly db: Database;
}

export interface Opened<S extends Streams, R extends Requests, Settings> {
  readonly settings: Settings;
  readonly calls: { readonly [Name in keyof R]: Call<S, R[Name], Answer> };
  /** Keys worked on at once. Each makes one call at a time. */
  readonly keysMax: number;
  /** Longest time, in ms, of one call: after it the outcome counts as unclear. */
  readonly callMsMax: number;
  /** Facts that /readyz shows. `notice` is a sentence that people have to know: the console shows it too. */
  readonly about?: Readonly<Record<string, string>> & { readonly notice?: string };
}

export interface ProcessDefinition<S extends Streams, R extends Requests, Settings> {
  /** Storage format: its tasks stand under it, and it is the actor of what it appends. */
  readonly name: string;
  /** Storage format: the name that its checkpoints stand under. */
  readonly projection: string;
  readonly wakes: readonly Wake[];
  /** How its provider's callbacks are read. A callback only wakes the process, which then asks what has happened. */
  readonly callbacks?: CallbackSource;
  /** The first event of the first stream names the conversation (correlation id) that all appended events belong to. */
  readonly streams: { readonly [Name in keyof S]: S[Name] };
  /** The name of the stream that exists once the process has begun. */
  readonly begunBy: NameIn<S>;
  /** Once, at the start. @throws InvalidConfig for settings that it can't run with */
  open(outside: Outside): Opened<S, R, Settings>;
  /** The one thing to do next. Pure: `nowMs`, milliseconds since 1970, is all that it knows beside the streams. */
  next(states: States<S>, nowMs: number, settings: Settings): Step<S, R>;
}
