// One handler's work in one partition: batches in, one transaction each; what fails is found, retried, parked.
import { glanceAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { describe, isRetryable } from "@millrace/platform/failure";
import { type Database, isPostgresAway, isPostgresRace, type Tx } from "@millrace/platform/postgres";
import { createBreaker } from "./breaker.ts";
import { type Checkpoint, Fenced, fenceOf, identityOf, moveCheckpoint } from "./checkpoint.ts";
import { type ParkedRecord, park, parkingKey } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { createParkingLot } from "./parking-lot.ts";
import type { FromActor } from "./protocol.ts";

export interface Task {
  checkpoint(): Checkpoint;
  /** The next offset to handle. */
  offset(): number;
  /**
   * Takes the records in, skipping those below the checkpoint. Resolves when all of them have taken effect
   * or are parked. @throws Fenced; Halted; what Postgres throws while it is away.
   */
  handle(records: readonly ReceivedRecord[]): Promise<void>;
  /** Moves the checkpoint past records without effect, where it lags behind them. @throws as `handle` does. */
  catchUp(): Promise<void>;
  /** Whether the checkpoint lags behind records without effect. */
  lags(): boolean;
  /** Whether it does for longer than it should. */
  isBehind(): boolean;
  /**
   * Reads the partition from there: its topic is another one, or has `forgotten` records that have not been handled.
   * @throws as `handle` does
   */
  startOver(offset: number, forgotten?: boolean): Promise<void>;
  /** Whether any record of the partition is in the parking lot. */
  hasParked(): boolean;
  /** Retries and discards what people have asked for. @throws as `handle` does. */
  carryOutRequests(): Promise<void>;
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
/**
 * How long the checkpoint may lag behind records without effect. After a crash they are read again, and have none
 * again; a transaction a batch for them would cost as much as one that does something.
 */
const BEHIND_MOST_MS = 5_000;

export function createTask(options: TaskOptions): Task {
  const { db, handler, parked, tell } = options;
  const breaker = createBreaker();
  let checkpoint = options.checkpoint;
  /** Past records without effect, where the checkpoint has not been moved yet. */
  let passed: { readonly last: ReceivedRecord; readonly sinceMs: number } | undefined;
  const offset = () => (passed ? passed.last.offset + 1 : checkpoint.offset);

  const handle = async (records: readonly ReceivedRecord[]): Promise<void> => {
    const fresh = records.filter((record) => record.offset >= offset());
    const last = fresh.at(-1);
    if (!last) return;
    if (!fresh.some(mayHaveEffect)) {
      passed = { last, sinceMs: passed?.sinceMs ?? Date.now() };
      return isBehind() ? catchUp() : undefined;
    }
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

  const mayHaveEffect = (record: ReceivedRecord): boolean =>
    handler.mayHaveEffect?.(glanceAt(record)) ?? true;

  const isBehind = () => passed !== undefined && Date.now() - passed.sinceMs >= BEHIND_MOST_MS;

  const catchUp = async () => {
    if (!passed) return;
    const { last } = passed;
    moved(await moveCheckpoint(db, checkpoint, last.offset + 1, identityOf(last)));
  };

  /** Effects, newly parked followers and the checkpoint, in one transaction. */
  const commit = async (records: readonly ReceivedRecord[]) => {
    if (parked.size === 0 && (await commitAlone(records))) return;
    const behind = parked.size === 0 ? [] : records.filter((record) => parked.has(parkingKey(record)));
    const free = behind.length === 0 ? records : records.filter((record) => !parked.has(parkingKey(record)));
    await move(records, async (tx) => {
      await settleBoth(
        park(tx, checkpoint, behind.map(waitingBehind)),
        free.length > 0 ? handler.apply(tx, free) : Promise.resolve(),
      );
    });
  };

  /** The same in one statement, where the handler can: no round trips for the transaction around it. */
  const commitAlone = async (records: readonly ReceivedRecord[]): Promise<boolean> => {
    if (!handler.applyAlone) return false;
    const last = records.at(-1) as ReceivedRecord;
    const to = { offset: last.offset + 1, lastRecord: identityOf(last) };
    const outcome = await handler.applyAlone(db, records, fenceOf(checkpoint, to));
    if (outcome === "fenced") throw new Fenced(checkpoint);
    if (outcome === "applied") moved({ ...checkpoint, ...to });
    return outcome === "applied";
  };

  const moved = (to: Checkpoint) => {
    checkpoint = to;
    if (passed && passed.last.offset < to.offset) passed = undefined;
  };

  const move = (records: readonly ReceivedRecord[], effect: (tx: Tx) => Promise<void>) => {
    const last = records.at(-1) as ReceivedRecord;
    return fenced(last.offset + 1, identityOf(last), effect);
  };

  const fenced = async (to: number, lastRecord: string | null, effect: (tx: Tx) => Promise<void>) => {
    moved(
      await db.transaction((tx) =>
        // Sent together on one connection: the fence costs no round trip of its own.
        settleBoth(moveCheckpoint(tx, checkpoint, to, lastRecord), effect(tx)),
      ),
    );
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
    breaker.parking(entry.cause);
    await move([record], (tx) => park(tx, checkpoint, [entry]));
    parked.add(parkingKey(record));
    tell({ type: "parked", offset: record.offset, key: record.key, cause: entry.cause });
  };

  const lot = createParkingLot({
    db,
    at: options.checkpoint,
    handler,
    parked,
    isNobodysFault,
    // Where nothing is read, nothing moves, and yet only the owner gets past.
    fenced: (effect) => fenced(checkpoint.offset, checkpoint.lastRecord, effect),
  });
  return {
    checkpoint: () => checkpoint,
    offset,
    handle,
    catchUp,
    lags: () => passed !== undefined,
    isBehind,
    async startOver(from, forgotten = false) {
      passed = undefined;
      await fenced(from, null, async (tx) => {
        if (forgotten) await handler.onForgotten?.(tx);
      });
    },
    hasParked: () => parked.size > 0,
    carryOutRequests: () => lot.carryOutRequests(),
  };
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
