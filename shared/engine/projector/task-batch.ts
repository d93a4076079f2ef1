// What a task does with a batch: its effects are committed together, what fails is found by halves, tried again alone,
// and parked. Must never park a record for a failure that says nothing about it.
import { glanceAt, type ReceivedRecord } from "@millrace/kafka/received-record";
import { backoffMs } from "@millrace/platform/backoff";
import { describe, isRetryable } from "@millrace/platform/failure";
import { type Database, isPostgresAway, isPostgresRace } from "@millrace/platform/postgres";
import type { Breaker } from "./breaker.ts";
import { Fenced, identityOf } from "./checkpoint.ts";
import { type ParkedRecord, park, parkingKey } from "./dead-letter.ts";
import type { ForeignTally } from "./foreign-tally.ts";
import type { RecordHandler } from "./handler.ts";
import { isNewer, newerOf, WAITING_KEYS_MAX, WaitingForNewerCode } from "./newer.ts";
import type { ParkingLot } from "./parking-lot.ts";
import type { FromActor } from "./protocol.ts";
import { type Commits, settleBoth } from "./task-commits.ts";
import { dueInMs, type Newer, nextOffset, sortOut } from "./task-state.ts";

/** What a task works with. */
export interface TaskParts {
  readonly db: Database;
  readonly handler: RecordHandler;
  /** Keys with a record in the parking lot; kept up here. */
  readonly parked: Set<string>;
  /** Tries of one record before it is parked. */
  readonly attemptsMax: number;
  post(message: FromActor): void;
  readonly commits: Commits;
  readonly tally: ForeignTally;
  readonly breaker: Breaker;
  readonly lot: ParkingLot;
}

/** Rests, in ms, between the tries of one failing record. */
const RETRY = { firstMs: 50, mostMs: 2_000 };

/**
 * Resolves when each of the records past the checkpoint has taken effect or is parked, or has none. @throws as a task's
 * `handle` does
 */
export async function handle(task: TaskParts, records: readonly ReceivedRecord[]): Promise<void> {
  const { commits, handler } = task;
  const offset = nextOffset(commits.state());
  const fresh = records.filter((record) => record.offset >= offset);
  const last = fresh.at(-1);
  if (!last) return;
  const mayHaveEffect = (record: ReceivedRecord) =>
    !isForeign(task, record) && (handler.mayHaveEffect?.(glanceAt(record)) ?? true);
  if (!fresh.some(mayHaveEffect)) return passOver(task, fresh, last);
  const failure = await tryAll(task, fresh);
  if (failure === undefined) return;
  if (isNobodysFault(failure.cause)) throw failure.cause;
  if (fresh.length === 1) return retryOrPark(task, last, failure.cause);
  // Halve until the record that fails stands alone: its neighbours lose nothing but a little time.
  const middle = fresh.length >> 1;
  await handle(task, fresh.slice(0, middle));
  await handle(task, fresh.slice(middle));
}

/** None of them has an effect: the checkpoint may lag behind them for a while. */
async function passOver(task: TaskParts, records: readonly ReceivedRecord[], last: ReceivedRecord) {
  const { commits, tally } = task;
  const lastRecord = identityOf(last);
  commits.take({ type: "passed", offset: last.offset + 1, lastRecord, nowMs: Date.now() });
  tally.count(records.filter((record) => isForeign(task, record)));
  if (behindInMs(task) === 0) await catchUp(task);
}

function isForeign({ handler }: TaskParts, record: ReceivedRecord): boolean {
  return handler.isForeign?.(record) ?? false;
}

/** Ms until the checkpoint lags behind for longer than it should; undefined where it does not lag. */
export function behindInMs({ commits, tally }: TaskParts): number | undefined {
  return dueInMs(commits.state().passed?.sinceMs ?? tally.sinceMs(), Date.now());
}

/** Moves the checkpoint past records without effect, and counts foreign ones. */
export async function catchUp({ commits, tally }: TaskParts): Promise<void> {
  await commits.catchUp();
  await tally.write(commits.state().checkpoint);
}

/** Commits the records, and parks those that only newer code can read. Answers what is in the way. */
async function tryAll(
  task: TaskParts,
  records: readonly ReceivedRecord[],
): Promise<{ cause: unknown } | undefined> {
  const attempt = (newer?: Newer) =>
    commit(task, records, newer).then(
      () => undefined,
      (cause: unknown) => ({ cause }),
    );
  const failure = await attempt();
  if (!failure || !isNewer(failure.cause)) return failure;
  const { db, handler, parked } = task;
  const { schemaVersionOf } = handler;
  const newer = await newerOf(db, { records, error: failure.cause, schemaVersionOf });
  if (newer.size === 0) return failure;
  if (parked.size + newer.size > WAITING_KEYS_MAX) throw new WaitingForNewerCode(failure.cause);
  return attempt(newer);
}

const NONE: Newer = new Map();

/** Effects, newly parked records and the checkpoint, in one transaction. Foreign records are only counted. */
async function commit(
  task: TaskParts,
  records: readonly ReceivedRecord[],
  newer: Newer = NONE,
): Promise<void> {
  const { commits, parked, tally } = task;
  const foreign = records.filter((record) => isForeign(task, record));
  const ours = foreign.length === 0 ? records : records.filter((record) => !isForeign(task, record));
  if (parked.size > 0 || newer.size > 0) await commitFree(task, { records, ours, newer });
  else await commits.apply(records, ours);
  tally.count(foreign);
}

interface Mixed {
  readonly records: readonly ReceivedRecord[];
  readonly ours: readonly ReceivedRecord[];
  readonly newer: Newer;
}

/** The same where some of the records have to wait: behind others of their key, or for newer code. */
async function commitFree(task: TaskParts, { records, ours, newer }: Mixed): Promise<void> {
  const { handler, commits, parked, lot } = task;
  const { free, letters, begun } = sortOut(ours, parked, newer);
  await commits.move(records, async (tx) => {
    await settleBoth(
      park(tx, commits.state().checkpoint, letters),
      free.length > 0 ? handler.apply(tx, free) : Promise.resolve(),
    );
  });
  for (const [key, cause] of begun) lot.waits(key, cause);
}

async function retryOrPark(task: TaskParts, record: ReceivedRecord, first: unknown): Promise<void> {
  const { commits, breaker, parked, post } = task;
  let cause = first;
  let attempts = 1;
  const mayPass = () => isRetryable(cause) && !isNewer(cause);
  for (; attempts < task.attemptsMax && mayPass(); attempts++) {
    await Bun.sleep(backoffMs(attempts, RETRY));
    try {
      return await commit(task, [record]);
    } catch (error) {
      if (isNobodysFault(error)) throw error;
      cause = error;
    }
  }
  const letter: ParkedRecord = { record, kind: "failed", cause: describe(cause), attempts };
  breaker.parking(letter.cause);
  await commits.move([record], (tx) => park(tx, commits.state().checkpoint, [letter]));
  parked.add(parkingKey(record));
  post({ type: "parked", offset: record.offset, key: record.key, cause: letter.cause });
}

/** Failures that say nothing about the records: ours no longer, Postgres is away or busy, or the code is too old. */
export function isNobodysFault(error: unknown): boolean {
  return (
    error instanceof Fenced ||
    error instanceof WaitingForNewerCode ||
    isPostgresAway(error) ||
    isPostgresRace(error)
  );
}
