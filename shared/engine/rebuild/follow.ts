// Keeps a copy of a read model level with its topic, as an actor keeps the live one: checkpoints of its own,
// moved by compare-and-set with its rows. Must never be the only thing that reads a partition for the live one.
import { deleteGroup, topicOffsets } from "@millrace/kafka/admin";
import { createConsumer, type ReceivedBatch } from "@millrace/kafka/consume";
import { PASSING_GROUPS } from "@millrace/kafka/names";
import { Halted } from "@millrace/projector/breaker";
import { Fenced } from "@millrace/projector/checkpoint";
import { placeAt, readFrom, take as takeFetched } from "@millrace/projector/place";
import { type ClaimOptions, claimCopy, type Followed } from "./claim-copy.ts";
import { nameAt, placeKey } from "./place.ts";

export interface Follower {
  /** The next offset of each partition to take effect, by `placeKey`. */
  positions(): ReadonlyMap<string, number>;
  /** Resolves when nothing is under way; nothing begins before `resume`. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
  /** @throws what ended it: Fenced where another has claimed the copy, Halted where record after record fails. */
  check(): void;
}

/** Claims the copy's checkpoints and follows from them. */
export async function follow(options: ClaimOptions): Promise<Follower> {
  const { kafka, model, log } = options;
  const copy = await claimCopy(options);
  let failure: unknown;
  let busy = 0;
  let gate: PromiseWithResolvers<void> | undefined;
  let idle: (() => void) | undefined;

  const take = async (batch: ReceivedBatch) => {
    const followed = copy.get(placeKey(batch));
    while (gate) await gate.promise;
    if (!followed || failure || batch.isStale()) return false;
    busy++;
    try {
      return await takeInto(followed, batch);
    } catch (error) {
      if (error instanceof Fenced || error instanceof Halted) failure = error;
      else log.warn({ err: error, ...batch, records: undefined }, "the copy could not follow, trying again");
      goOn(followed);
      return false;
    } finally {
      busy--;
      if (busy === 0) idle?.();
    }
  };

  const takeInto = async (followed: Followed, batch: ReceivedBatch) => {
    const { reached, task } = followed;
    const taken = !reached || batch.highWatermark < task.offset() ? undefined : takeFetched(reached, batch);
    if (taken?.is === "wanted") {
      followed.reached = taken.place;
      await task.handle(taken.records);
      task.pass(batch.nextOffset);
      return true;
    }
    // Logs only grow, but for a topic that was created anew: rows skip what they have seen of it.
    const kept = (await topicOffsets(kafka, batch.topic)).find(
      ({ partition }) => partition === batch.partition,
    );
    const isAnother = taken?.is === "another topic" || (kept && kept.high < task.offset());
    // What is forgotten for good shows in the comparison; the live rows' owner has it sent once more.
    const isForgotten = kept && kept.low > task.offset();
    if (kept && (isAnother || isForgotten)) await task.startOver(kept.low);
    goOn(followed);
    return false;
  };

  /** Reads on from the checkpoint, where the record before it has to be the one that was there. */
  const goOn = (followed: Followed) => {
    const { topic, partition, offset, lastRecord } = followed.task.checkpoint();
    followed.reached = placeAt(offset, lastRecord);
    consumer.seek({ topic, partition, offset: readFrom(followed.reached) });
  };

  const groupId = `${PASSING_GROUPS}${nameAt(model, options.place)}-${crypto.randomUUID()}`;
  const consumer = createConsumer(kafka, {
    groupId,
    topics: model.sources.map(({ topic }) => topic),
    readUncommitted: true,
    log,
    handle: take,
    onAssigned: () => {
      for (const followed of copy.values()) goOn(followed);
    },
    onLate: () => {
      // What is under way goes on by itself; its records are skipped where they come again.
      for (const followed of copy.values()) goOn(followed);
    },
  });
  consumer.start();
  return {
    positions: () => new Map([...copy].map(([at, { task }]) => [at, task.offset()])),
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
