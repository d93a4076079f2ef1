// A read model from one description: how its rows are folded, written, loaded for a rebuild, summed up, and shown.
import type { PgTable } from "drizzle-orm/pg-core";
import type { Codec } from "@millrace/events/codec";
import { parseStreamName, type RecordedEvent, type StoredEvent, streamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { applyAlone, applyBatch, type Folding } from "./apply-batch.ts";
import { createSums, type SumsDescription } from "./kept-sums.ts";
import { loadBatch, loadingInto } from "./load-batch.ts";
import { findPlaced } from "./placed-row.ts";
import type { Past, ReadModel, SourceStreams } from "./read-model.ts";
import { timesOf } from "./row-times.ts";
import { type OwnColumns, type Row, type RowColumns, rowColumns } from "./rows.ts";
import { type ShownDescription, shownRows } from "./shown.ts";
import { type Stored, storedRows } from "./stored-rows.ts";
import { writingOf } from "./writing.ts";

/** Streams that a read model is made of, and what it keeps of one after each of its events. */
export interface Source<Value> extends SourceStreams {
  /** @throws what the codec throws of an event that it can't read */
  next(value: Value | undefined, event: StoredEvent): Value;
  /** See Past. */
  told(event: StoredEvent, currency: string): unknown;
  commandOf(type: string): string | undefined;
}

interface SourceDescription<Event extends { type: string; data: unknown }, Value> {
  readonly category: string;
  readonly codec: Pick<Codec<Event>, "decode" | "schemaVersionOf">;
  /** Pure. Undefined before the first event. */
  next(value: Value | undefined, event: RecordedEvent<Event>): Value;
  /** An event's data as its readers are told it; as it is stored unless said otherwise. */
  told?(event: Event, currency: string): unknown;
  /** The command that each event follows from, for those who ask why a row is as it is. */
  readonly commands?: Readonly<Record<Event["type"], string>>;
}

export function streamsOf<Event extends { type: string; data: unknown }, Value>(
  description: SourceDescription<Event, Value>,
): Source<Value> {
  const { category, codec, next, told = ({ data }: Event) => data } = description;
  const commands = new Map(Object.entries<string>(description.commands ?? {}));
  return {
    category,
    topic: topicOf(category),
    schemaVersionOf: codec.schemaVersionOf,
    next: (value, event) => next(value, codec.decode(event)),
    told: (event, currency) => told(codec.decode(event), currency),
    commandOf: (type) => commands.get(type),
  };
}

interface Evolving<State, Event> {
  readonly initialState: State;
  evolve(state: State, event: Event): State;
}

/** `next` of a read model whose rows are the state of their stream. @throws where an event leaves nothing that exists */
export function evolving<State extends { readonly exists: boolean }, Event extends { readonly type: string }>(
  decider: Evolving<State, Event>,
) {
  type Existing = Extract<State, { readonly exists: true }>;
  const exists = (state: State): state is Existing => state.exists;
  return (before: Existing | undefined, event: Event): Existing => {
    const after = decider.evolve(before ?? decider.initialState, event);
    if (!exists(after)) throw new Error(`${event.type} leaves nothing that exists`);
    return after;
  };
}

export interface RowsDescription<Value, Table extends PgTable> {
  /** Storage format: its checkpoints stand under this name. Its documents are read under this path. */
  readonly name: string;
  readonly table: Table;
  /** What the table's own columns hold of a row. */
  readonly columns: OwnColumns<Table, Value>;
  /** What a row that is read back was folded from. */
  restore(stored: Stored<Table>): Value;
}

export interface ReadModelDescription<Value, Table extends PgTable, SumsTable extends PgTable>
  extends RowsDescription<Value, Table> {
  readonly of: Source<Value>;
  /** A row as its readers get it, as JSON text, printed when it is written. */
  document(row: Row<Value>): string;
  readonly shown: ShownDescription;
  readonly sums?: SumsDescription<Table, SumsTable>;
}

/** One row a stream, under the stream's id. */
export function defineReadModel<Value, Table extends PgTable, SumsTable extends PgTable>(
  description: ReadModelDescription<Value, Table, SumsTable>,
): Omit<ReadModel, "past"> & { readonly past: Past<Value> } {
  const { of, shown, sums, document } = description;
  const { columns, next, ...model } = foldingOf({ ...description, of: [of] }, document, sums);
  const past: Past<Value> = {
    source: of,
    next,
    document,
    isDeleted: columns.deletedOf ?? (() => false),
    told: of.told,
    commandOf: of.commandOf,
    placed: (sql, id) => findPlaced(sql, columns, id),
  };
  return { ...model, past, shown: shownRows(columns, description.table, shown) };
}

/** What is common to all read models. */
export function foldingOf<Value, Table extends PgTable, SumsTable extends PgTable>(
  description: RowsDescription<Value, Table> & { readonly of: readonly Source<Value>[] },
  document: ((row: Row<Value>) => string) | undefined,
  described: SumsDescription<Table, SumsTable> | undefined,
): Omit<ReadModel, "shown" | "past"> &
  Pick<Folding<Value>, "next"> & { readonly columns: RowColumns<Value> } {
  const { name, of: sources } = description;
  const rows = rowColumns<Value>(description.table, description.columns, document);
  const sums = described && createSums(rows, described);
  const [only] = sources;
  const streamPrefix = only && sources.length === 1 ? streamName(only.category, "") : "";
  const byCategory = new Map(sources.map((source) => [source.category, source]));
  const model: Folding<Value> = {
    name,
    rows,
    sums,
    writing: writingOf(rows, sums),
    idOf: ({ stream }) => stream.slice(streamPrefix.length),
    next(row, { event, partition, offset }) {
      const source = byCategory.get(parseStreamName(event.stream).category);
      if (!source) throw new Error(`${name} is not made of ${event.stream}`);
      const value = source.next(row?.value, event);
      const { createdAt, updatedAt } = timesOf(row, event.at);
      const id = event.stream.slice(streamPrefix.length);
      return { id, version: event.version, createdAt, updatedAt, partition, offset, value };
    },
    read: storedRows(rows, description.restore),
  };
  const loading = loadingInto(rows);
  return {
    name,
    sources,
    rows: rows.table,
    columns: rows,
    streamPrefix,
    ...(sums ? { sums } : {}),
    next: model.next,
    apply: (tx, events) => applyBatch(tx, model, events),
    applyAlone: (db, events, alone) => applyAlone(db, model, events, alone),
    load: (tx, events, leaveOut) => loadBatch(tx, model, loading, { events, leaveOut }),
  };
}
