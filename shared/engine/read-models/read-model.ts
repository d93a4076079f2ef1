// What every read model is: rows made from events, one a stream. Must never cause an effect outside its rows.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Sql, Tx } from "@millrace/platform/postgres";
import type { Fence } from "@millrace/platform/statement";
import type { KeptSums } from "./kept-sums.ts";
import type { RowLookup } from "./row-lookup.ts";
import type { Row } from "./rows.ts";
import type { Shown } from "./shown.ts";

/** An event as it came from its partition. */
export interface ProjectedEvent {
  readonly event: StoredEvent;
  readonly partition: number;
  readonly offset: number;
}

/** Streams that a read model is made of: those of one category, and the topic that carries them. */
export interface SourceStreams {
  readonly category: string;
  readonly topic: string;
  /** The latest schema version of an event that is read; undefined for one that nobody here knows. */
  readonly schemaVersionOf: (type: string) => number | undefined;
}

/** Applies a partition's events; see `ReadModel`. What a handler of records needs of one. */
export interface Projection {
  /** Storage format: its checkpoints stand under this name. */
  readonly name: string;
  /** Its rows may follow a moment later than others, so that one statement is of many events. */
  readonly gathers?: boolean;
  /**
   * Applies events of one partition, in order. An event at or below its row's version has been applied and is
   * skipped; one that leaves a gap throws `EventGap`. Called inside the transaction that moves the checkpoint.
   * @throws RowsTooLarge where half of the events should be applied at a time; never for those of one row
   */
  apply(tx: Tx, events: readonly ProjectedEvent[]): Promise<void>;
  /**
   * The same in one statement, which is its own transaction, behind the fence; only for live rows, whose readers are
   * notified. `unsuited`: nothing was written, since rows were there already; `apply` copes. @throws as `apply` does
   */
  applyAlone(db: Tx, events: readonly ProjectedEvent[], alone: Alone): Promise<AloneOutcome>;
}

export interface ReadModel extends Projection {
  readonly sources: readonly SourceStreams[];
  /** The table of its rows: one a stream. */
  readonly rows: string;
  /** A row's id is its stream's name without this: the category and a hyphen, or nothing where it has several sources. */
  readonly streamPrefix: string;
  /** Sums over its rows, kept beside them. */
  readonly sums?: KeptSums;
  /** What readers get. */
  readonly shown: Shown;
  /** Versions of its rows, by their ids; absent where documents have them. */
  versions?(sql: Sql): RowLookup;
  /** Rows as they were; absent where a document is made of several streams. */
  readonly past?: Past<unknown>;
  /**
   * Fills a copy, which the connection finds under the live tables' names, with rows that are not there yet, of any
   * partition; sums beside them are left alone. The events are a stretch of the store: whole streams, in the order of
   * their names. No reader is notified. A row that is there already is found when the copy gets its key.
   */
  load(tx: Tx, events: readonly ProjectedEvent[], leaveOut: LeaveOut): Promise<void>;
}

/** A stream's row at any of its events, and the events themselves as readers are told them. */
export interface Past<Value> {
  /** The streams that its rows are of. */
  readonly source: SourceStreams;
  /** The row after an event that follows it at once. @throws what the codec throws of an event it can't read */
  next(row: Row<Value> | undefined, projected: ProjectedEvent): Row<Value>;
  /** JSON text. */
  document(row: Row<Value>): string;
  isDeleted(row: Row<Value>): boolean;
  /** An event's data for its readers, money in decimals of the installation's currency. @throws as `next` does */
  told(event: StoredEvent, currency: string): unknown;
  /** The command that an event of that type follows from, where that is said. */
  commandOf(type: string): string | undefined;
  /** The row as it stands, deleted or not. @throws Failure `postgres_unavailable` */
  placed(sql: Sql, id: string): Promise<PlacedRow | undefined>;
}

/** A row with the record that it was changed by last. */
export interface PlacedRow {
  readonly version: number;
  readonly deleted: boolean;
  readonly partition: number;
  /** -1 where it was made from the event store. */
  readonly offset: number;
  /** JSON text. */
  readonly document: string;
}

/** Called for each row that can't be made of its events, while the others are. */
export type LeaveOut = (id: string, cause: unknown) => void;

export interface Alone {
  readonly fence: Fence;
  /** Rows are there that no reader was notified of. The batch is committed all the same. */
  onNotifyFailed(error: unknown): void;
}

export type AloneOutcome = "applied" | "fenced" | "unsuited";

/** An event arrived before the one that it follows. */
export class EventGap extends Error {
  readonly code = "event_gap";
  readonly retryable = false;
  readonly event: StoredEvent;
  readonly rowVersion: number;
  constructor(event: StoredEvent, rowVersion: number) {
    super(`${event.stream}@${event.version} arrived while its row is at version ${rowVersion}`);
    this.name = "EventGap";
    this.event = event;
    this.rowVersion = rowVersion;
  }
}

/** Rows that events are for hold more together than one process may have in memory at once. Nothing was written. */
export class RowsTooLarge extends Error {
  readonly code = "rows_too_large";
  readonly retryable = false;
  constructor(rows: number) {
    super(`${rows} rows are too large to be read at once`);
    this.name = "RowsTooLarge";
  }
}

/** Every table that it fills. */
export function tablesOf({ rows, sums }: Pick<ReadModel, "rows" | "sums">): string[] {
  return sums ? [rows, sums.table] : [rows];
}
