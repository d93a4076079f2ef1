// A copy taken over by who follows for it: its checkpoints claimed, and what Kafka no longer has of it taken from
// the event store.
import { hostname } from "node:os";
import { parseStreamName, streamName } from "@millrace/events/envelope";
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { partitionOf } from "@millrace/kafka/partition-of";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { type Database, isPostgresAway, isPostgresRace, type Sql } from "@millrace/platform/postgres";
import { type Checkpoint, claimCheckpoint, Fenced, moveCheckpoint } from "@millrace/projector/checkpoint";
import { parkedKeys } from "@millrace/projector/dead-letter";
import type { Place as Reached } from "@millrace/projector/place";
import { projectionHandler } from "@millrace/projector/projection-handler";
import { createTask, type Task } from "@millrace/projector/task";
import type { ReadModel, SourceStreams } from "@millrace/read-models/read-model";
import { createLoader } from "@millrace/store/load";
import { leftOut } from "./left-out.ts";
import { NO_OFFSET } from "./load.ts";
import { nameAt, type Place, placeKey } from "./place.ts";
import { streamsBehind } from "./scan.ts";

export interface ClaimOptions {
  readonly sql: Sql;
  readonly kafka: KafkaClient;
  /** Works on the copy. */
  readonly db: Database;
  readonly model: ReadModel;
  readonly place: Place;
  readonly log: Log;
}

export interface Followed {
  readonly task: Task;
  /** Where its topic is read on; undefined before the first assignment. */
  reached: Reached | undefined;
}

/** Tries of a record that fails before it is parked, under the copy's own name. */
const ATTEMPTS_MAX = 3;
/** Streams that are taken from the store at once: enough to keep every connection busy, a page of each in memory. */
const STREAMS_AT_ONCE = 20;

/** By `placeKey`. @throws what Kafka or Postgres say. */
export async function claimCopy(options: ClaimOptions): Promise<Map<string, Followed>> {
  const copy = new Map<string, Followed>();
  for (const source of options.model.sources) {
    for (const followed of await claimSource(options, source)) {
      copy.set(placeKey(followed.task.checkpoint()), followed);
    }
  }
  return copy;
}

/** The copy's partitions of one of its topics. */
async function claimSource(options: ClaimOptions, source: SourceStreams): Promise<Followed[]> {
  const { kafka, db, model, place, log } = options;
  const { category, topic } = source;
  const name = nameAt(model, place);
  const owner = `ops ${hostname()}:${process.pid}`;
  const offsets = await topicOffsets(kafka, topic);
  const claimed: Checkpoint[] = [];
  let isComplete = true;
  for (const { partition, low, high } of offsets) {
    const checkpoint = await claimCheckpoint(db, { projection: name, topic, partition }, owner);
    // Kafka has forgotten what comes next, or the topic was created anew and ends before it.
    const isThere = checkpoint.offset >= low && checkpoint.offset <= high;
    isComplete &&= isThere;
    claimed.push(isThere ? checkpoint : await moveCheckpoint(db, checkpoint, low));
  }
  const behind = isComplete ? [] : await streamsBehind(options.sql, model, category, place);
  if (!isComplete) log.warn({ copy: name, streams: behind.length }, "Kafka lacks records, reading the store");
  const leftOfAll = place === "next" ? (await leftOut(options.sql, model)).map(({ stream }) => stream) : [];
  const left = leftOfAll.filter((stream) => stream.startsWith(streamName(category, "")));
  await takeFromStore(options, claimed, [...new Set([...behind, ...left])]);
  const followed: Followed[] = [];
  for (const checkpoint of claimed) {
    const parked = await parkedKeys(db, checkpoint);
    const handler = projectionHandler(model, { name, source, log });
    const task = createTask({ db, handler, checkpoint, parked, attemptsMax: ATTEMPTS_MAX, post: () => {} });
    followed.push({ task, reached: undefined });
  }
  return followed;
}

/** Brings these streams' rows level with the store, past the fence of their partition; leaves those that it can't. */
async function takeFromStore(
  options: ClaimOptions,
  claimed: readonly Checkpoint[],
  streams: readonly string[],
): Promise<void> {
  const { model, log } = options;
  const partitionOfStream = (stream: string) =>
    partitionOf(parseStreamName(stream).aggregateId, claimed.length);
  for (const [partition, ofPartition] of Map.groupBy(streams, partitionOfStream)) {
    const checkpoint = claimed.find((each) => each.partition === partition);
    if (!checkpoint) throw new Error(`${model.name} has no checkpoint for partition ${partition}`);
    for (let from = 0; from < ofPartition.length; from += STREAMS_AT_ONCE) {
      const some = ofPartition.slice(from, from + STREAMS_AT_ONCE);
      await Promise.all(
        some.map((stream) =>
          takeStream(options, checkpoint, stream).catch((error) => {
            if (isNobodysFault(error)) throw error;
            log.warn({ stream, cause: describe(error) }, "the copy goes without a row that can't be made");
          }),
        ),
      );
    }
  }
}

/** Page by page, however long it is: each in a transaction of its own, and what is applied already is skipped. */
async function takeStream(
  { sql, db, model }: ClaimOptions,
  checkpoint: Checkpoint,
  stream: string,
): Promise<void> {
  const { partition, offset, lastRecord } = checkpoint;
  for await (const page of createLoader(sql).pages(stream)) {
    await db.transaction(async (tx) => {
      await moveCheckpoint(tx, checkpoint, offset, lastRecord);
      const events = page.map((event) => ({ event, partition, offset: NO_OFFSET }));
      await model.apply(tx, events);
    });
  }
}

function isNobodysFault(error: unknown): boolean {
  return error instanceof Fenced || isPostgresAway(error) || isPostgresRace(error);
}
