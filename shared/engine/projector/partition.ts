// The supervisor's side of one partition: carries out the effects of its reading (reading.ts), and has an actor take in
// what was read (partition-actor.ts).
import type { Consumer, ReceivedBatch } from "@millrace/kafka/consume";
import { createBell } from "@millrace/platform/bell";
import type { KeptOffsets, ReadKeptOffsets } from "./kept-offsets.ts";
import { type PartitionActorOptions, startPartitionActor } from "./partition-actor.ts";
import { type Effect, type Input, isFull, type Question, step, UNREAD } from "./reading.ts";
import type { PartitionStatus } from "./status.ts";

export interface PartitionOptions extends PartitionActorOptions {
  readonly consumer: Pick<Consumer, "seek" | "pause" | "resume">;
  readonly mailboxRecordsMax: number;
  readonly keptOffsets: ReadKeptOffsets;
}

export interface Partition {
  /** Hands records to the actor, once it has room. False: they were not wanted, the position stays. */
  deliver(batch: ReceivedBatch): Promise<boolean>;
  /** Assigned again after a rebalance in which it stayed ours. */
  reassigned(kept: KeptOffsets): void;
  /** Its topic may be another one by now: the last record has to prove itself. */
  doubt(): void;
  /** Finishes the transaction under way and ends the actor. */
  drain(): Promise<void>;
  /** Ends the actor at once: another process owns the partition, and the fence makes a late commit fail. */
  abandon(): void;
  /** The position to report to Kafka, if it has moved since the last call. */
  takeProgress(): { topic: string; partition: number; offset: number }[];
  /** Its actor holds the checkpoint. */
  claimed(): boolean;
  /** Why nothing of the partition goes on, where that is so: its name, and what would help. */
  standsStill(): string | undefined;
  status(): PartitionStatus;
}

/** Longest time, in ms, that a full mailbox holds up its broker's other partitions before its own one is paused. */
const PATIENCE_MS = 100;

export function createPartition(options: PartitionOptions): Partition {
  const { consumer, log, assignment } = options;
  const { topic, partition } = assignment;
  const at = { topic, partition };
  const room = createBell();
  let reading = UNREAD;
  let reported = -1;

  /** Answers whether records were handed over. */
  const take = (input: Input): boolean => {
    const next = step(reading, input, { ms: Date.now(), mailboxRecordsMax: options.mailboxRecordsMax });
    reading = next.reading;
    for (const effect of next.effects) carryOut(effect);
    if (!isFull(reading, options)) room.ring();
    return next.effects.some((effect) => effect.do === "hand over");
  };
  const actor = startPartitionActor(options, take);

  const carryOut = (effect: Effect) => {
    switch (effect.do) {
      case "pause":
        return consumer.pause(at);
      case "resume":
        return consumer.resume(at);
      case "seek":
        return consumer.seek({ ...at, offset: effect.offset });
      case "forget what is passed":
        return actor.forgetPassed();
      case "ask Kafka":
        return askKafka(effect.question);
      case "replace the actor":
        return actor.replace(effect.cause);
      case "hand over":
        return actor.handOver(effect.records, effect.upTo);
      case "start over": {
        const { kept, reason, forgotten } = effect;
        log.warn(
          { ...at, checkpoint: reading.committed, ...kept, reason },
          "reading from the first record on",
        );
        return actor.startOver(kept.low, forgotten);
      }
    }
  };

  /** An answer for an actor that is gone by then is dropped: its successor's claim asks anew. Never rejects. */
  const askKafka = (question: Question) => {
    const life = actor.life();
    const isWanted = () => actor.life() === life;
    void options.keptOffsets(at, isWanted).then((kept) => {
      if (!kept || !isWanted()) return;
      take({ is: "answered", question, kept });
      if (question.about !== "claim" || !reading.place) return;
      log.info({ ...at, epoch: reading.epoch, offset: question.offset }, "partition claimed");
    });
  };

  const waitForRoom = async () => {
    const endsAt = performance.now() + PATIENCE_MS;
    while (isFull(reading, options) && performance.now() < endsAt) {
      await room.rest(endsAt - performance.now());
    }
  };

  return {
    async deliver(batch) {
      await waitForRoom();
      return !batch.isStale() && take({ is: "fetched", batch });
    },
    reassigned: (kept) => void take({ is: "reassigned", kept }),
    doubt: () => void take({ is: "doubted" }),
    async drain() {
      take({ is: "draining" });
      await actor.drain();
    },
    abandon: actor.abandon,
    takeProgress() {
      const { place, committed } = reading;
      if (!place || committed === reported) return [];
      reported = committed;
      return [{ ...at, offset: committed }];
    },
    claimed: () => reading.place !== undefined,
    standsStill: actor.standsStill,
    status: () => ({
      ...actor.status(reading.inHand),
      epoch: reading.epoch,
      offset: reading.committed,
      highWatermark: reading.highWatermark,
      mailbox: reading.inHand,
    }),
  };
}
