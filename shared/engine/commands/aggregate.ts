// An aggregate as a shop defines it, and as the command side uses it: one description for HTTP, batches, Kafka and the
// documentation. Must never know what an aggregate is about.
import type * as v from "valibot";
import type { Principal } from "@millrace/access/principal";
import type { Decider } from "@millrace/domain/decider";
import type { Codec } from "@millrace/events/codec";
import type { NamedProblem } from "@millrace/http/problem";
import type { Sql } from "@millrace/platform/postgres";
import type { Snapshot, SnapshotCheck } from "@millrace/store/snapshot";
import type { Executed, Executor, Write } from "./execute.ts";
import type { OwnerSource, Ownership } from "./ownership.ts";
import type { Issue, Parsed } from "./parsed.ts";
import type { Key } from "./settle.ts";

/** What the engine asks of every state. */
export interface AggregateState {
  readonly exists: boolean;
  /** A deleted thing keeps its stream, and its id is never used again. */
  readonly deleted?: boolean;
}

/** What readers of bodies get beside the body. */
export interface ReadContext<Settings> {
  /** Makes the id of a thing whose client chose none. */
  newId(): string;
  readonly settings: Settings;
}

/** The sender of commands, and what a `prepare` may look up for them. */
export interface Asked<Settings> {
  readonly principal: Principal;
  readonly settings: Settings;
  readonly sql: Sql;
}

/** Why a command is refused; `errors` says where in its body. */
export interface AnyRefusal {
  readonly code: string;
  readonly errors?: readonly Issue[];
}

/** A command that was read from a body. */
export interface Read<Command> {
  /** The stream's id. */
  readonly id: string;
  readonly command: Command;
}

/** Bodies by name, for the documentation. */
export type Examples = Readonly<Record<string, unknown>>;

/** The body that answers a command, made of the state after it, and its schema for the documentation. */
export interface Shown<State> {
  readonly schema: v.GenericSchema;
  of(state: State, at: { readonly id: string; readonly version: number }): unknown;
}

/** The command that begins a stream. */
export interface Creation<Command, State, Settings> {
  readonly name: string;
  /** Schemas of its body, any of which it may have; for the documentation. */
  schemas(settings: Settings): readonly v.GenericSchema[];
  read(body: unknown, context: ReadContext<Settings>): Parsed<Read<Command>>;
  readonly refused: readonly NamedProblem[];
  readonly shown: Shown<State>;
  /** A payload for the documentation, of a thing that no other example names. */
  readonly example: unknown;
  /** The paths that take it, /<plural> first. */
  readonly routes: readonly {
    readonly path: string;
    readonly summary: string;
    readonly description?: string;
    readonly examples: Examples;
  }[];
}

/** The command that changes a thing: PATCH, or by name with the id beside the same words. */
export interface Change<Command, State, Settings> {
  readonly name: string;
  /** Alternatives of a body: each member is optional, and a body has to hold one at least. */
  readonly words: readonly v.ObjectEntries[];
  read(body: unknown, context: ReadContext<Settings>): Parsed<readonly Command[]>;
  readonly refused: readonly NamedProblem[];
  readonly shown: Shown<State>;
  readonly summary: string;
  readonly description?: string;
  readonly examples: Examples;
}

/** A command that needs no words beside its name. */
export interface Bare<Command> {
  readonly command: Command;
  readonly refused: readonly NamedProblem[];
}

/** The command that DELETE gives. */
export interface Removal<Command> extends Bare<Command> {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
}

/** The way in which payloads name the thing that they are about. */
export interface Reference {
  /** Members that may name it; the documentation shows the first one beside other members. */
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
  /** The first part of its paths, and its name in scopes. */
  readonly plural: string;
  readonly decider: Decider<Command, State, Event, Refusal>;
  readonly codec: Codec<Event>;
  /** Snapshots, for streams that grow long. */
  readonly snapshot?: Snapshot<State>;
  /** The problem that each refusal is answered with. */
  readonly refusals: Readonly<Record<Refusal["code"], NamedProblem>>;
  /** The problem of a command on a thing that is not there. */
  readonly notFound: NamedProblem;
  readonly ownership: Ownership<Command>;
  /**
   * Adds to commands what `decide` needs beside the body and the stream: what depends on the sender, on settings, or on
   * tables beside the store. May be called several times for one command.
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

/** A command of any aggregate, as its reader made it. */
export interface AnyCommand {
  readonly type: string;
}

/** An aggregate without its types: commands go in as its own readers made them. */
export interface Aggregate<Settings = never> {
  /** The category of its streams, which begins their names. Storage format. */
  readonly name: string;
  readonly plural: string;
  readonly refusals: Readonly<Record<string, NamedProblem>>;
  /** Latest schema version of an event that this code reads; undefined for an event that it doesn't know. */
  schemaVersionOf(type: string): number | undefined;
  /** Reads its stored events, and knows their schemas. */
  readonly codec: Pick<Codec<{ type: string; data: unknown }>, "decode" | "shapes">;
  readonly notFound: NamedProblem;
  /** Only for states that it made itself. */
  readonly decider: Decider<AnyCommand, unknown, { readonly type: string; readonly data: unknown }, unknown>;
  readonly ownership: OwnerSource;
  readonly snapshot?: SnapshotCheck;
  readonly reference: Reference;
  readonly creation?: Creation<AnyCommand, never, Settings>;
  readonly change?: Change<AnyCommand, never, Settings>;
  readonly removal?: Removal<AnyCommand>;
  readonly others: Readonly<Record<string, Bare<AnyCommand>>>;
  /** Undefined where the key has an answer already. @throws as `transact` does */
  settle(executor: Executor, write: Write, keyed?: Key): Promise<Executed | undefined>;
}
