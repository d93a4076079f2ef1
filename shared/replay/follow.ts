// Keeps a copy of a read model level with its topic, as an actor keeps the live one: checkpoints of its own,
// moved by compare-and-set with its rows. Must never be the only thing that reads a partition for the live one.
import { hostname } from "node:os";
import { deleteGroup, topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { createConsumer, type ReceivedBatch } from "@millrace/kafka/consume";
import { fromRecord } from "@millrace/kafka/event-record";
import { Halted } from "@millrace/partitions/breaker";
import { claimCheckpoint, Fenced, moveCheckpoint } from "@millrace/partitions/checkpoint";
import { parkedKeys } from "@millrace/partitions/dead-letter";
import type { RecordHandler } from "@millrace/partitions/handler";
import { createTask, type Task } from "@millrace/partitions/task";
import { Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Database } from "@millrace/platform/postgres";
import { type Model, nameAt, type Place, topicOfModel } from "./models.ts";

export interface Follower {
  /** The next offset of each partition to take effect. */
  positions(): ReadonlyMap<number, number>;
  /** Resolves when nothing is under way; nothing begins before `resume`. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
  /** @throws what ended it: Fenced where another has claimed the copy, Halted where record after record fails. */
  check(): void;
}

export interface FollowOptions {
  readonly kafka: KafkaClient;
  /** Works on the copy. */
  readonly db: Database;
  readonly model: Model;
  readonly place: Place;
  readonly log: Log;
}

/** Tries of a record that fails before it is parked, under the copy's own name. */
const ATTEMPTS_MAX = 3;

/** Claims the copy's checkpoints and follows from them. @throws Failure `records_gone` */
export async function follow(options: FollowOptions): Promise<Follower> {
  const { kafka, model, log } = options;
  const topic = topicOfModel(model);
  const tasks = await claimTasks(options);
  let failure: unknown;
  let busy = 0;
  let gate: PromiseWithResolvers<void> | undefined;
  let idle: (() => void) | undefined;

  const take = async (batch: ReceivedBatch) => {
    const task = tasks.get(batch.partition);
    while (gate) await gate.promise;
    if (!task || failure || batch.isStale()) return false;
    busy++;
    try {
      await task.handle(batch.records);
      return true;
    } catch (error) {
      if (error instanceof Fenced || error instanceof Halted) failure = error;
      else log.warn({ err: error, ...batch, records: undefined }, "the copy could not follow, trying again");
      return false;
    } finally {
      busy--;
      if (busy === 0) idle?.();
    }
  };

  const groupId = `ops-${nameAt(model, options.place)}-${crypto.randomUUID()}`;
  const consumer = createConsumer(kafka, {
    groupId,
    topics: [topic],
    log,
    handle: take,
    onAssigned: (assignment) => {
      for (const place of assignment) {
        const offset = tasks.get(place.partition)?.offset();
        if (offset !== undefined) consumer.seek({ ...place, offset });
      }
    },
  });
  consumer.start();
  return {
    positions: () => new Map([...tasks].map(([partition, task]) => [partition, task.offset()])),
    pause() {
      gate ??= Promise.withResolvers();
      if (busy === 0) return Promise.resolve();
      return new Promise((resolve) => {
        idle = resolve;
      });
    },
    resume() {
      gate?.resolve();
      gate = undefined;
    },
    async stop() {
      failure ??= new Error("stopped");
      gate?.resolve();
      gate = undefined;
      await consumer.stop();
      await deleteGroup(kafka, groupId);
    },
    check() {
      if (failure) throw failure;
    },
  };
}

async function claimTasks({ kafka, db, model, place }: FollowOptions): Promise<Map<number, Task>> {
  const topic = topicOfModel(model);
  const projection = nameAt(model, place);
  const owner = `ops ${hostname()}:${process.pid}`;
  const tasks = new Map<number, Task>();
  for (const { partition, low, high } of await topicOffsets(kafka, topic)) {
    const key = { projection, topic, partition };
    let checkpoint = await claimCheckpoint(db, key, owner);
    if (checkpoint.offset < low) {
      const message = `${projection} is at offset ${checkpoint.offset} of ${topic}/${partition}, which begins at ${low} now: drop it and rebuild`;
      throw new Failure("records_gone", message, false);
    }
    // The topic was created anew: from its start, rows keep what they have seen.
    if (checkpoint.offset > high) checkpoint = await moveCheckpoint(db, checkpoint, low);
    const parked = await parkedKeys(db, key);
    const handler = handlerOf(model, projection);
    tasks.set(
      partition,
      createTask({ db, handler, checkpoint, parked, attemptsMax: ATTEMPTS_MAX, tell: () => {} }),
    );
  }
  return tasks;
}

function handlerOf({ projection }: Model, name: string): RecordHandler {
  return {
    projection: name,
    topic: projection.topic,
    async apply(tx, records) {
      const events = records.map((record) => ({
        event: fromRecord(record),
        partition: record.partition,
        offset: record.offset,
      }));
      await projection.apply(tx, events);
    },
  };
}
