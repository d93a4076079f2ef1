// What every projection is: rows made from one topic's events. Must never cause an effect outside its rows.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Tx } from "@millrace/platform/postgres";
import type { Fence } from "@millrace/platform/statement";

/** An event as it came from its partition. */
export interface ProjectedEvent {
  readonly event: StoredEvent;
  readonly partition: number;
  readonly offset: number;
}

export interface Projection {
  /** Storage format: its checkpoints stand under this name. */
  readonly name: string;
  readonly topic: string;
  /** The latest schema version of an event that it reads; undefined for one that it doesn't know. */
  readonly schemaVersionOf: (type: string) => number | undefined;
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
  /**
   * Fills a copy, which the connection finds under the live tables' names, with rows that are not there yet, of any
   * partition; sums beside them are left alone. The events are a stretch of the store: whole streams, in the order of
   * their names. Nobody is told. A row that is there already is found when the copy gets its key.
   */
  load(tx: Tx, events: readonly ProjectedEvent[], leaveOut: LeaveOut): Promise<void>;
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
