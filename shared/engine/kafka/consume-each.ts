// At-least-once consumption for handlers that keep no checkpoint: Kafka's committed offset is the truth. Records that are
// put off let others pass: they are held, given again before what is fetched later, and nothing is committed past them.
import { describe } from "@millrace/platform/failure";
import type { KafkaClient } from "./client.ts";
import { type Consumer, type ConsumerOptions, createConsumer, type ReceivedBatch } from "./consume.ts";
import { type FetchedRecord, type ReceivedRecord, received } from "./received-record.ts";

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;
/** Time, in ms, that a partition waits for its records before it goes on without some: most trouble is over by then. */
const HOLD_AFTER_MS = 5_000;
/** Records of a partition that are held: few keys are in trouble at once, unless all are, and then it had better wait. */
const HELD_MAX = 100;
/** The same in bytes: as much as one fetch brings of a partition. */
const HELD_BYTES_MAX = 1_048_576;
/** Between tries of what is held while nothing more is fetched, in ms. */
const HELD_RETRY_MS = 1_000;

export interface EachBatchOptions extends Pick<ConsumerOptions, "groupId" | "topics" | "log" | "permit"> {
  /**
   * May see a record again after a crash or a rebalance. Answers those that it has put off; what it throws puts off all
   * of them.
   */
  handle(batch: ReceivedBatch): Promise<readonly PutOff[] | undefined>;
}

/** A record that has no outcome yet, for a reason that passes. It has to be given again, before later ones of its key. */
export interface PutOff<R extends ReceivedRecord = FetchedRecord> {
  readonly record: R;
  readonly error: unknown;
}

/** A record that waits, for those who look. */
export interface WaitingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly cause: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

export interface EachConsumer extends Consumer {
  /** What was put off and has no outcome yet, the oldest of each partition first. */
  waiting(): readonly WaitingRecord[];
}

interface Held extends PutOff {
  readonly since: number;
}

/** A partition while it is ours. */
interface Place {
  held: readonly Held[];
  /** What its last batch has left for the next one. */
  next: number;
  /** Its turns come one after the other, whether a batch or the clock asks for one. */
  turn: Promise<unknown>;
  /** How many of them are not over. */
  turns: number;
}

/** Commits a batch's offset after `handle` has resolved, never before, and never past what is held. */
export function consumeEach(kafka: KafkaClient, options: EachBatchOptions): EachConsumer {
  let stopping = false;
  // Raised whenever others may have taken the partitions over: what was being retried is theirs now.
  let generation = 0;
  let places = new Map<string, Place>();
  let timer: ReturnType<typeof setInterval> | undefined;

  const inTurn = <Result>(place: Place, task: () => Promise<Result>): Promise<Result> => {
    place.turns++;
    const done = place.turn.then(task);
    place.turn = done.then(
      () => place.turns--,
      () => place.turns--,
    );
    return done;
  };
  const attempt = async (batch: ReceivedBatch, given: readonly Held[]): Promise<readonly Held[]> => {
    if (given.length === 0) return given;
    const records = given.map(({ record }) => record);
    const before = new Map(given.map((one) => [one.record, one]));
    const putOff = await options
      .handle({ ...batch, records })
      .catch((error: unknown) => records.map((record) => ({ record, error })));
    const left = (putOff ?? []).map((one) => ({
      ...one,
      since: before.get(one.record)?.since ?? Date.now(),
    }));
    const anew = left.filter(({ record }) => before.get(record)?.error === undefined);
    const [first] = anew;
    if (first) {
      const at = { topic: batch.topic, partition: batch.partition, offset: first.record.offset };
      options.log.warn({ ...at, err: first.error, records: anew.length }, "records put off, trying again");
    }
    return left;
  };
  const commit = ({ topic, partition }: ReceivedBatch, { held, next }: Place) =>
    consumer.commit([
      { topic, partition, offset: Math.min(next, ...held.map(({ record }) => record.offset)) },
    ]);

  /** Whether the consumer may move past the batch. */
  const take = async (place: Place, batch: ReceivedBatch): Promise<boolean> => {
    const startedIn = generation;
    const startedAt = Date.now();
    const mayPass = place.held.length > 0;
    place.held = [
      ...place.held,
      ...batch.records.map((record) => ({ record, error: undefined, since: startedAt })),
    ];
    for (let backoffMs = BACKOFF_FIRST_MS; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS)) {
      place.held = await attempt(batch, place.held);
      if (generation !== startedIn) return false;
      if (place.held.length === 0) break;
      if ((mayPass || Date.now() - startedAt >= HOLD_AFTER_MS) && fits(place.held)) break;
      await Bun.sleep(backoffMs);
      if (stopping || generation !== startedIn) return false;
    }
    place.held = place.held.map((one) => ({ ...one, record: detached(one.record) }));
    place.next = batch.nextOffset;
    await commit(batch, place);
    return true;
  };

  const retryHeld = async (topic: string, partition: number, place: Place) => {
    const startedIn = generation;
    const before = place.held.length;
    if (before === 0 || stopping) return;
    const at = { fetchedOffset: place.next, nextOffset: place.next, highWatermark: place.next };
    const batch = { topic, partition, records: [], ...at, isStale: () => false };
    place.held = await attempt(batch, place.held);
    if (generation === startedIn && place.held.length < before) await commit(batch, place);
  };

  const consumer = createConsumer(kafka, {
    ...options,
    onRevoked: () => {
      generation++;
      places = new Map();
    },
    async handle(batch) {
      const at = `${batch.topic}/${batch.partition}`;
      const place = places.get(at) ?? { held: [], next: 0, turn: Promise.resolve(), turns: 0 };
      places.set(at, place);
      return inTurn(place, () => take(place, batch));
    },
  });
  return {
    ...consumer,
    start() {
      timer = setInterval(() => {
        for (const [at, place] of places) {
          if (place.held.length === 0 || place.turns > 0) continue;
          const topic = at.slice(0, at.lastIndexOf("/"));
          const partition = at.slice(topic.length + 1);
          void inTurn(place, () => retryHeld(topic, Number(partition), place)).catch((error: unknown) =>
            options.log.debug(
              { topic, partition, cause: describe(error) },
              "held records can't be committed yet",
            ),
          );
        }
      }, HELD_RETRY_MS);
      consumer.start();
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      await consumer.stop();
    },
    waiting: () =>
      [...places].flatMap(([at, { held }]) =>
        held
          .filter(({ error }) => error !== undefined)
          .map(({ record: { partition, offset, key }, error, since }) => ({
            topic: at.slice(0, at.lastIndexOf("/")),
            ...{ partition, offset, key, cause: describe(error), since: new Date(since).toISOString() },
          })),
      ),
  };
}

function fits(held: readonly Held[]): boolean {
  const bytes = held.reduce((sum, { record }) => sum + record.bytes, 0);
  return held.length === 1 || (held.length <= HELD_MAX && bytes <= HELD_BYTES_MAX);
}

/** The record with bytes of its own: as it came it holds all that was fetched with it. */
function detached({ partition, offset, timestamp, body, start }: FetchedRecord): FetchedRecord {
  const own = { offset: String(offset), timestamp, body: Buffer.from(body.subarray(start)), bodyStart: 0 };
  return received(partition, own as unknown as Parameters<typeof received>[1]);
}
