// One handler's work in one partition: batches in, one transaction each; what fails is found, retried, parked.
import { glanceAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { describe, isRetryable } from "@millrace/platform/failure";
import { type Database, isPostgresAway, isPostgresRace } from "@millrace/platform/postgres";
import { createBreaker } from "./breaker.ts";
import { type Checkpoint, Fenced, identityOf, noteStill } from "./checkpoint.ts";
import { type ParkedRecord, park, parkingKey } from "./dead-letter.ts";
import { createForeignTally } from "./foreign-tally.ts";
import type { RecordHandler } from "./handler.ts";
import { isNewer, newerOf, WAITING_KEYS_MAX, WaitingForNewerCode } from "./newer.ts";
import { createParkingLot, type ParkingLotOptions } from "./parking-lot.ts";
import type { FromActor } from "./protocol.ts";
import { createCommits, settleBoth } from "./task-commits.ts";
import { dueInMs, type Newer, nextOffset, sortOut } from "./task-state.ts";

export interface Task {
  checkpoint(): Checkpoint;
  /** The next offset to handle. */
  offset(): number;
  /**
   * Takes the records in, skipping those below the checkpoint. Resolves when all of them have taken effect
   * or are parked. @throws Fenced; Halted; what Postgres throws while it is away.
   */
  handle(records: readonly ReceivedRecord[]): Promise<void>;
  /** There is no record before `upTo` that has not been handled. */
  pass(upTo: number): void;
  /** Moves the checkpoint past records without effect, and counts foreign ones, where it lags. @throws as `handle` does. */
  catchUp(): Promise<void>;
  /** Ms until the checkpoint lags behind for longer than it should, 0 where it does; undefined where it does not lag. */
  behindInMs(): number | undefined;
  /**
   * Reads the partition from there: its topic is another one, or has `forgotten` records that have not been handled.
   * @throws as `handle` does
   */
  startOver(offset: number, forgotten?: boolean): Promise<void>;
  /** Says why nothing moves, to those who ask Postgres. @throws as `handle` does */
  standStill(cause: string): Promise<void>;
  /** Nothing moves. @throws Fenced where the checkpoint is another's. */
  prove(): Promise<void>;
  /** Whether any record of the partition is in the parking lot. */
  hasParked(): boolean;
  /** Whether some of those may go on by themselves. */
  hasDue(): boolean;
  /** Retries and discards what people have asked for, and retries what is due by itself. @throws as `handle` does. */
  carryOutRequests(): Promise<void>;
}

export interface TaskOptions {
  readonly db: Database;
  readonly handler: RecordHandler;
  readonly checkpoint: Checkpoint;
  /** Keys with a record in the parking lot; kept up here. */
  readonly parked: Set<string>;
  /** Those of them that go on by themselves, see dueKeys; none where it is left out. Kept up here as well. */
  readonly due?: Set<string>;
  readonly attemptsMax: number;
  tell(message: FromActor): void;
}

/** Between the tries of one failing record: 50, 100, 200 ms and so on. */
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 2_000;
export function createTask(options: TaskOptions): Task {
  const { db, handler, parked, due = new Set(), tell } = options;
  const breaker = createBreaker();
  const commits = createCommits(db, handler, options.checkpoint);
  const tally = createForeignTally(db, tell);
  const checkpoint = () => commits.state().checkpoint;
  const offset = () => nextOffset(commits.state());

  const handle = async (records: readonly ReceivedRecord[]): Promise<void> => {
    const fresh = records.filter((record) => record.offset >= offset());
    const last = fresh.at(-1);
    if (!last) return;
    if (!fresh.some(mayHaveEffect)) {
      const lastRecord = identityOf(last);
      commits.take({ type: "passed", offset: last.offset + 1, lastRecord, nowMs: Date.now() });
      tally.count(fresh.filter(isForeign));
      return behindInMs() === 0 ? catchUp() : undefined;
    }
    const failure = await tryAll(fresh);
    if (failure === undefined) return;
    if (isNobodysFault(failure.cause)) throw failure.cause;
    if (fresh.length === 1) return retryOrPark(last, failure.cause);
    // Halve until the record that fails stands alone: its neighbours lose nothing but a little time.
    const middle = fresh.length >> 1;
    await handle(fresh.slice(0, middle));
    await handle(fresh.slice(middle));
  };

  /** Commits the records, those that only newer code can read as waiting. Answers what is in the way. */
  const tryAll = async (records: readonly ReceivedRecord[]): Promise<{ cause: unknown } | undefined> => {
    const attempt = (newer?: Newer) =>
      commit(records, newer).then(
        () => undefined,
        (cause: unknown) => ({ cause }),
      );
    const failure = await attempt();
    if (!failure || !isNewer(failure.cause)) return failure;
    const newer = await newerOf(db, {
      records,
      error: failure.cause,
      schemaVersionOf: handler.schemaVersionOf,
    });
    if (newer.size === 0) return failure;
    if (parked.size + newer.size > WAITING_KEYS_MAX) throw new WaitingForNewerCode(failure.cause);
    return attempt(newer);
  };

  const isForeign = (record: ReceivedRecord): boolean => handler.isForeign?.(record) ?? false;

  const mayHaveEffect = (record: ReceivedRecord): boolean =>
    !isForeign(record) && (handler.mayHaveEffect?.(glanceAt(record)) ?? true);

  const behindInMs = () => dueInMs(commits.state().passed?.sinceMs ?? tally.sinceMs(), Date.now());

  const catchUp = async () => {
    await commits.catchUp();
    await tally.write(checkpoint());
  };

  /** Effects, newly parked records and the checkpoint, in one transaction. Foreign records are only counted. */
  const commit = async (records: readonly ReceivedRecord[], newer: Newer = NONE) => {
    const ours = records.some(isForeign) ? records.filter((record) => !isForeign(record)) : records;
    if (parked.size > 0 || newer.size > 0) await commitFree(records, ours, newer);
    else await commits.apply(records, ours);
    if (ours !== records) tally.count(records.filter(isForeign));
  };

  /** The same where some of the records have to wait: behind others of their key, or for newer code. */
  const commitFree = async (
    records: readonly ReceivedRecord[],
    ours: readonly ReceivedRecord[],
    newer: Newer,
  ) => {
    const { free, letters, begun } = sortOut(ours, parked, newer);
    await commits.move(records, async (tx) => {
      await settleBoth(
        park(tx, checkpoint(), letters),
        free.length > 0 ? handler.apply(tx, free) : Promise.resolve(),
      );
    });
    for (const [key, cause] of begun) lot.waits(key, cause);
  };

  const retryOrPark = async (record: ReceivedRecord, first: unknown) => {
    let cause = first;
    let attempts = 1;
    const mayPass = () => isRetryable(cause) && !isNewer(cause);
    for (let waitMs = RETRY_FIRST_MS; attempts < options.attemptsMax && mayPass(); attempts++) {
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
    await commits.move([record], (tx) => park(tx, checkpoint(), [entry]));
    parked.add(parkingKey(record));
    tell({ type: "parked", offset: record.offset, key: record.key, cause: entry.cause });
  };

  /** Where nothing is read, nothing moves, and yet only the owner gets past. */
  const inPlace: ParkingLotOptions["fenced"] = (effect) =>
    commits.fenced(checkpoint().offset, checkpoint().lastRecord, effect);

  const lot = createParkingLot({
    ...{ db, at: options.checkpoint, handler, parked, due, isNobodysFault, fenced: inPlace },
    onWaiting: (keys, cause) => tell({ type: "waiting", keys, cause }),
  });
  return {
    checkpoint,
    offset,
    handle,
    pass: (upTo) => commits.take({ type: "passed", offset: upTo, nowMs: Date.now() }),
    catchUp,
    behindInMs,
    async startOver(from, forgotten = false) {
      commits.take({ type: "starting over" });
      await commits.fenced(from, null, async (tx) => {
        if (forgotten) await handler.onForgotten?.(tx);
      });
    },
    standStill: (cause) => noteStill(db, checkpoint(), cause),
    prove: () => inPlace(async () => {}),
    hasParked: () => parked.size > 0,
    hasDue: () => due.size > 0,
    carryOutRequests: () => lot.carryOutRequests(),
  };
}

const NONE: Newer = new Map();

/** Failures that say nothing about the records: ours no longer, Postgres is away or busy, or the code is too old. */
function isNobodysFault(error: unknown): boolean {
  return (
    error instanceof Fenced ||
    error instanceof WaitingForNewerCode ||
    isPostgresAway(error) ||
    isPostgresRace(error)
  );
}
