// One handler's work in one partition: batches in, one transaction each; what fails is found, retried, parked.
import type { ReceivedRecord } from "@millrace/kafka/consume";
import { describe, isRetryable } from "@millrace/platform/failure";
import { type Database, isPostgresAway, isPostgresRace } from "@millrace/platform/postgres";
import { type Checkpoint, Fenced, moveCheckpoint, type Tx } from "./checkpoint.ts";
import { type ParkedRecord, park, parkingKey } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import type { FromActor } from "./protocol.ts";

export interface Task {
  /** The next offset to handle. */
  offset(): number;
  epoch(): number;
  /**
   * Takes the records in, skipping those below the checkpoint. Resolves when all of them have taken effect
   * or are parked. @throws Fenced; what Postgres throws while it is away.
   */
  handle(records: readonly ReceivedRecord[]): Promise<void>;
}

export interface TaskOptions {
  readonly db: Database;
  readonly handler: RecordHandler;
  readonly checkpoint: Checkpoint;
  /** Keys with a record in the parking lot; kept up here. */
  readonly parked: Set<string>;
  readonly attemptsMax: number;
  tell(message: FromActor): void;
}

/** Between the tries of one failing record: 50, 100, 200 ms and so on. */
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 2_000;

export function createTask(options: TaskOptions): Task {
  const { db, handler, parked, tell } = options;
  let checkpoint = options.checkpoint;

  const handle = async (records: readonly ReceivedRecord[]): Promise<void> => {
    const fresh = records.filter((record) => record.offset >= checkpoint.offset);
    if (fresh.length === 0) return;
    try {
      await commit(fresh);
    } catch (error) {
      if (isNobodysFault(error)) throw error;
      if (fresh.length === 1) return retryOrPark(fresh[0] as ReceivedRecord, error);
      // Halve until the record that fails stands alone: its neighbours lose nothing but a little time.
      const middle = fresh.length >> 1;
      await handle(fresh.slice(0, middle));
      await handle(fresh.slice(middle));
    }
  };

  /** Effects, newly parked followers and the checkpoint, in one transaction. */
  const commit = async (records: readonly ReceivedRecord[]) => {
    const behind = parked.size === 0 ? [] : records.filter((record) => parked.has(parkingKey(record)));
    const free = behind.length === 0 ? records : records.filter((record) => !parked.has(parkingKey(record)));
    await move(records, async (tx) => {
      await settleBoth(
        park(tx, checkpoint, behind.map(waitingBehind)),
        free.length > 0 ? handler.apply(tx, free) : Promise.resolve(),
      );
    });
  };

  const move = async (records: readonly ReceivedRecord[], effect: (tx: Tx) => Promise<void>) => {
    const next = (records.at(-1) as ReceivedRecord).offset + 1;
    checkpoint = await db.transaction(async (tx) => {
      // Sent together on one connection: the fence costs no round trip of its own.
      return settleBoth(moveCheckpoint(tx, checkpoint, next), effect(tx));
    });
  };

  const retryOrPark = async (record: ReceivedRecord, first: unknown) => {
    let cause = first;
    let attempts = 1;
    for (let waitMs = RETRY_FIRST_MS; attempts < options.attemptsMax && isRetryable(cause); attempts++) {
      await Bun.sleep(waitMs);
      waitMs = Math.min(waitMs * 2, RETRY_MOST_MS);
      try {
        return await commit([record]);
      } catch (error) {
        if (isNobodysFault(error)) throw error;
        cause = error;
      }
    }
    const entry: ParkedRecord = { record, kind: "failed", cause: describe(cause), attempts };
    await move([record], (tx) => park(tx, checkpoint, [entry]));
    parked.add(parkingKey(record));
    tell({ type: "parked", offset: record.offset, key: record.key, cause: entry.cause });
  };

  return { offset: () => checkpoint.offset, epoch: () => checkpoint.epoch, handle };
}

/**
 * What was begun in a transaction has to end in it: a statement that is sent after the rollback would be carried
 * out all the same, on its own, past the fence. So both are waited for, and the first one's failure counts first.
 */
async function settleBoth<T>(first: Promise<T>, second: Promise<unknown>): Promise<T> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return one.value;
}

/** Failures that say nothing about the records: ours no longer, or Postgres is away. */
function isNobodysFault(error: unknown): boolean {
  return error instanceof Fenced || isPostgresAway(error) || isPostgresRace(error);
}

function waitingBehind(record: ReceivedRecord): ParkedRecord {
  return { record, kind: "waiting", cause: "an earlier record of this key is parked", attempts: 0 };
}
