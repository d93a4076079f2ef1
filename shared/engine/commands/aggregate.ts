// An aggregate as a shop defines it, and what the command side makes of it: one description for HTTP, batches, Kafka and
// the documentation. Must never know what any of them is about.
import type * as v from "valibot";
import type { Principal } from "@millrace/access/principal";
import type { Decider } from "@millrace/domain/decider";
import type { Codec } from "@millrace/events/codec";
import type { NamedProblem } from "@millrace/http/problem";
import type { Sql } from "@millrace/platform/postgres";
import type { Snapshot, SnapshotCheck } from "@millrace/store/snapshot";
import type { Executed, Executor, Write } from "./execute.ts";
import type { OwnerRule, Ownership } from "./ownership.ts";
import type { Issue, Parsed } from "./parsed.ts";
import type { Key } from "./settle.ts";

/** What every state says of itself. */
export interface AggregateState {
  readonly exists: boolean;
  /** Deleted things keep their stream; their ids are never given again. */
  readonly deleted?: boolean;
}

/** What bodies are read with beside their words. */
export interface ReadContext<Settings> {
  /** The id of a thing whose client chose none. */
  newId(): string;
  readonly settings: Settings;
}

/** Who asks, and what may be looked up for it. */
export interface Asked<Settings> {
  readonly principal: Principal;
  readonly settings: Settings;
  readonly sql: Sql;
}

/** Why a command is refused. `errors`: where in its words. */
export interface AnyRefusal {
  readonly code: string;
  readonly errors?: readonly Issue[];
}

/** Where something stands in what was read. */
export interface Read<Command> {
  /** The stream's id. */
  readonly id: string;
  readonly command: Command;
}

/** Examples of bodies by name, for the documentation. */
export type Examples = Readonly<Record<string, unknown>>;

/** A command's answer: its body after what was decided, and its schema for the documentation. */
export interface Shown<State> {
  readonly schema: v.GenericSchema;
  of(state: State, at: { readonly id: string; readonly version: number }): unknown;
}

/** The command that begins a stream. */
export interface Creation<Command, State, Settings> {
  readonly name: string;
  /** Alternatives, as the documentation shows them. */
  schemas(settings: Settings): readonly v.GenericSchema[];
  read(body: unknown, context: ReadContext<Settings>): Parsed<Read<Command>>;
  readonly refused: readonly NamedProblem[];
  readonly shown: Shown<State>;
  /** A payload for its name, of a thing that no other example names. */
  readonly example: unknown;
  /** The paths that take it; /<plural> is the first. */
  readonly routes: readonly {
    readonly path: string;
    readonly summary: string;
    readonly description?: string;
    readonly examples: Examples;
  }[];
}

/** The command that changes what is there: PATCH, and by its name with the id beside its words. */
export interface Change<Command, State, Settings> {
  readonly name: string;
  /** The words of a body, as alternatives; none of them has to be there, and one at least. */
  readonly words: readonly v.ObjectEntries[];
  read(body: unknown, context: ReadContext<Settings>): Parsed<readonly Command[]>;
  readonly refused: readonly NamedProblem[];
  readonly shown: Shown<State>;
  readonly summary: string;
  readonly description?: string;
  readonly examples: Examples;
}

/** A command that says all in its name. */
export interface Bare<Command> {
  readonly command: Command;
  readonly refused: readonly NamedProblem[];
}

/** The one that DELETE asks for. */
export interface Removal<Command> extends Bare<Command> {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
}

/** How payloads name the thing that they are about. */
export interface Reference {
  /** The first is the one that the documentation shows beside other words. */
  readonly words: v.ObjectEntries;
  readonly read: (words: unknown) => Parsed<string>;
}

export interface AggregateDefinition<
  Command extends { readonly type: string },
  State extends AggregateState,
  Event extends { type: string; data: unknown },
  Refusal extends AnyRefusal,
  Settings,
> {
  /** Of many: the first part of its paths and the name that scopes know. */
  readonly plural: string;
  readonly decider: Decider<Command, State, Event, Refusal>;
  readonly codec: Codec<Event>;
  /** For streams that grow long. */
  readonly snapshot?: Snapshot<State>;
  /** What a client is told of each refusal. */
  readonly refusals: Readonly<Record<Refusal["code"], NamedProblem>>;
  /** The refusal of a command on what is not there. */
  readonly notFound: NamedProblem;
  readonly ownership: Ownership<Command>;
  /**
   * The commands with what they are decided with beside their words and the stream: what depends on who asks, on settings,
   * or on tables beside the store. May be called several times for one command.
   */
  prepare?(
    commands: readonly Command[],
    asked: Asked<Settings>,
  ): readonly Command[] | Promise<readonly Command[]>;
  readonly reference: Reference;
  readonly creation?: Creation<Command, State, Settings>;
  readonly change?: Change<Command, State, Settings>;
  readonly removal?: Removal<Command>;
  /** By name. */
  readonly others?: Readonly<Record<string, Bare<Command>>>;
}

/** A command as a request asks for it, once it was read. */
export interface AnyCommand {
  readonly type: string;
}

/** An aggregate for those that need not know of what: commands go in as its own readers made them. */
export interface Aggregate<Settings = never> {
  /** Storage format: what stands before the id in its streams' names. */
  readonly name: string;
  readonly plural: string;
  readonly refusals: Readonly<Record<string, NamedProblem>>;
  /** The latest schema version that this code reads of an event; undefined for one that it doesn't know. */
  schemaVersionOf(type: string): number | undefined;
  /** How its events are stored and read. */
  readonly codec: Pick<Codec<{ type: string; data: unknown }>, "decode" | "shapes">;
  readonly notFound: NamedProblem;
  /** Decides on states that it made itself. */
  readonly decider: Decider<AnyCommand, unknown, { readonly type: string; readonly data: unknown }, unknown>;
  readonly ownership: OwnerRule;
  readonly snapshot?: SnapshotCheck;
  readonly reference: Reference;
  readonly creation?: Creation<AnyCommand, never, Settings>;
  readonly change?: Change<AnyCommand, never, Settings>;
  readonly removal?: Removal<AnyCommand>;
  readonly others: Readonly<Record<string, Bare<AnyCommand>>>;
  /** Undefined where the key has an answer already. @throws as `transact` does */
  settle(executor: Executor, write: Write, keyed?: Key): Promise<Executed | undefined>;
}
