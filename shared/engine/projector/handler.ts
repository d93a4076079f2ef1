import type { SchemaVersionOf } from "@millrace/kafka/event-record";
import type { ReceivedRecord, RecordGlance } from "@millrace/kafka/received-record";
import type { Tx } from "@millrace/platform/postgres";
import type { Fence } from "@millrace/platform/statement";

/** False for a record that has no effect in any handler. Never throws: a record that can't be read may have one. */
export type MayHaveEffect = (record: RecordGlance) => boolean;

/** What an actor does with its partition's records. */
export interface RecordHandler {
  /** Storage format: its checkpoints and parked records stand under this name. */
  readonly projection: string;
  readonly topic: string;
  /** Of its topic's events: what is later waits for newer code. */
  readonly schemaVersionOf: SchemaVersionOf;
  /**
   * Takes effect of the records, in order, in the transaction that moves the checkpoint. May see a record
   * again only if its effect was rolled back. An error whose `retryable` is false parks the record at once.
   */
  apply(tx: Tx, records: readonly ReceivedRecord[]): Promise<void>;
  /**
   * The same in one statement of its own behind the fence, which moves the checkpoint. Answers whether it did;
   * `unsuited` where it did nothing and `apply` has to.
   */
  applyAlone?(
    db: Tx,
    records: readonly ReceivedRecord[],
    fence: Fence,
  ): Promise<"applied" | "fenced" | "unsuited">;
  /**
   * False for a record that `apply` would do nothing for: a batch of only such records costs no transaction.
   * Without it every record may.
   */
  readonly mayHaveEffect?: MayHaveEffect;
  /**
   * Its records wait for others to share a statement with, since no reader awaits its rows by version. Asked once a
   * checkpoint is claimed.
   */
  readonly gathers?: boolean;
  /**
   * A handler without a checkpoint begins where the one stands that has come furthest: earlier records are none of its
   * business. Without `joins` it begins with the first record that Kafka has.
   */
  readonly joins?: boolean;
  /** True for a foreign record, which this installation did not write: it is counted and passed over. */
  isForeign?(record: ReceivedRecord): boolean;
  /** The checkpoint is ours now. The owner before may have ended between its last commit and its notification. */
  onClaimed?(db: Tx): Promise<void>;
  /** A transaction that moved the checkpoint is committed; `applyAlone` sees to its own. */
  onCommitted?(db: Tx): Promise<void>;
  /**
   * Kafka has forgotten records that were not handled yet. Has them sent once more, in the transaction that moves the
   * checkpoint past the gap: if that is lost, so is the gap's discovery, and it is discovered again.
   */
  onForgotten?(tx: Tx): Promise<void>;
}
