// One partition of a consumer that keeps no checkpoint, while it is ours. Records that are put off let others pass: they
// are held, and given again before what is fetched later. Must never commit past a record that is held.
import { backoffMs } from "@millrace/platform/backoff";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { ReceivedBatch, TopicPartition } from "./consume.ts";
import { type FetchedRecord, fromBytes, type ReceivedRecord } from "./received-record.ts";

export interface EachPartition {
  /** Whether the consumer may move past the batch. */
  take(batch: ReceivedBatch): Promise<boolean>;
  /** Gives what is held once more, unless it is being given. @throws what Kafka says of the commit */
  retryHeld(): Promise<void>;
  /** Others may have the partition: what was being retried is theirs. */
  lose(): void;
  /** What was put off and has no outcome yet, the oldest first. */
  waiting(): WaitingRecord[];
}

/** A record that has no outcome yet, for a reason that passes. It has to be given again, before later ones of its key. */
export interface PutOff<R extends ReceivedRecord = FetchedRecord> {
  readonly record: R;
  readonly error: unknown;
}

/** A record that was put off, as the status page shows it. */
export interface WaitingRecord extends TopicPartition {
  readonly offset: number;
  readonly key: string | null;
  readonly cause: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

export interface EachPartitionOptions {
  readonly at: TopicPartition;
  readonly log: Log;
  /** Answers the records that it has put off; what it throws puts off all of them. */
  handle(batch: ReceivedBatch): Promise<readonly PutOff[] | undefined>;
  /** Stores in Kafka where the group goes on. */
  commit(offset: number): Promise<void>;
  isStopping(): boolean;
}

/** Rests, in ms, between tries of what was put off, while its partition waits for it. */
const BACKOFF = { firstMs: 100, mostMs: 5_000 };
/** Time, in ms, that a partition waits for its records before it goes on without some: most trouble is over by then. */
const HOLD_AFTER_MS = 5_000;
/** Records of a partition that are held: few keys are in trouble at once, unless all are, and then it had better wait. */
const HELD_MAX = 100;
/** The same in bytes: as much as one fetch brings of a partition. */
const HELD_BYTES_MAX = 1_048_576;

interface Held extends PutOff {
  /** Milliseconds since 1970. */
  readonly since: number;
}

export function createEachPartition(options: EachPartitionOptions): EachPartition {
  const { at, isStopping } = options;
  let held: readonly Held[] = [];
  /** Where the last batch ended. */
  let next = 0;
  let isOurs = true;
  let turns = 0;
  let lastTurn: Promise<unknown> = Promise.resolve();

  /** One after the other, whether a batch or the clock asks for one. */
  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    turns++;
    const done = lastTurn.then(task);
    lastTurn = done.then(
      () => turns--,
      () => turns--,
    );
    return done;
  };

  const commit = () => options.commit(Math.min(next, ...held.map(({ record }) => record.offset)));

  const take = async (batch: ReceivedBatch): Promise<boolean> => {
    const since = Date.now();
    const mayPass = held.length > 0;
    held = [...held, ...batch.records.map((record) => ({ record, error: undefined, since }))];
    for (let failures = 1; ; failures++) {
      held = await give(options, batch, held);
      if (!isOurs) return false;
      if (held.length === 0) break;
      if ((mayPass || Date.now() - since >= HOLD_AFTER_MS) && fits(held)) break;
      await Bun.sleep(backoffMs(failures, BACKOFF));
      if (isStopping() || !isOurs) return false;
    }
    held = held.map((one) => ({ ...one, record: detached(one.record) }));
    next = batch.nextOffset;
    await commit();
    return true;
  };

  const retryHeld = async () => {
    const before = held.length;
    if (isStopping()) return;
    const place = { fetchedOffset: next, nextOffset: next, highWatermark: next };
    held = await give(options, { ...at, ...place, records: [], isStale: () => false }, held);
    if (isOurs && held.length < before) await commit();
  };

  return {
    take: (batch) => inTurn(() => take(batch)),
    async retryHeld() {
      if (held.length > 0 && turns === 0) await inTurn(retryHeld);
    },
    lose() {
      isOurs = false;
    },
    waiting: () =>
      held
        .filter(({ error }) => error !== undefined)
        .map(({ record: { offset, key }, error, since }) => ({
          ...at,
          ...{ offset, key, cause: describe(error), since: new Date(since).toISOString() },
        })),
  };
}

/** Gives the records to `handle`. Answers those that are put off, each since it was first given. */
async function give(
  { at, log, handle }: EachPartitionOptions,
  batch: ReceivedBatch,
  given: readonly Held[],
): Promise<readonly Held[]> {
  if (given.length === 0) return given;
  const records = given.map(({ record }) => record);
  const before = new Map(given.map((one) => [one.record, one]));
  const putOff = await handle({ ...batch, records }).catch((error: unknown) =>
    records.map((record) => ({ record, error })),
  );
  const left = (putOff ?? []).map((one) => ({
    ...one,
    since: before.get(one.record)?.since ?? Date.now(),
  }));
  const anew = left.filter(({ record }) => before.get(record)?.error === undefined);
  const [first] = anew;
  if (first) {
    const { offset } = first.record;
    log.warn({ ...at, offset, err: first.error, records: anew.length }, "records put off, trying again");
  }
  return left;
}

function fits(held: readonly Held[]): boolean {
  const bytes = held.reduce((sum, { record }) => sum + record.bytes, 0);
  return held.length === 1 || (held.length <= HELD_MAX && bytes <= HELD_BYTES_MAX);
}

/** The record with bytes of its own: as it came it holds all that was fetched with it. */
function detached(record: FetchedRecord): FetchedRecord {
  return fromBytes(record, Buffer.from(record.body.subarray(record.start)));
}
