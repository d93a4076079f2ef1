// The supervisor's side of one partition: its actor's life, and the reading (reading.ts) whose effects it carries out.
import type { Consumer, ReceivedBatch } from "@millrace/kafka/consume";
import { packRecords } from "@millrace/kafka/packed-records";
import type { Log } from "@millrace/platform/log";
import type { Tracing } from "@millrace/platform/tracing";
import { startActorThread } from "./actor-thread.ts";
import { createCondition } from "./condition.ts";
import type { MayHaveEffect } from "./handler.ts";
import { createHandover } from "./handover.ts";
import { createInFlight } from "./in-flight.ts";
import type { KeptOffsets, ReadKeptOffsets } from "./kept-offsets.ts";
import type { ActorState, Assignment, FromActor } from "./protocol.ts";
import { type Effect, type Input, isFull, type Question, step, UNREAD } from "./reading.ts";
import { sizeOf } from "./size.ts";
import type { PartitionStatus } from "./status.ts";

export interface PartitionOptions {
  readonly assignment: Assignment;
  readonly consumer: Pick<Consumer, "seek" | "pause" | "resume">;
  readonly worker: URL;
  readonly log: Log;
  /** A span a record where there is one. */
  readonly tracing?: Tracing | undefined;
  readonly mailboxRecordsMax: number;
  readonly keptOffsets: ReadKeptOffsets;
  /** See SupervisorOptions. */
  readonly mayHaveEffect?: MayHaveEffect | undefined;
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

/** Longest time, in ms, that an actor may take to end its transaction. */
const DRAIN_MS = 5_000;
/** How long, in ms, one full mailbox may hold up its broker's other partitions before its partition is paused. */
const PATIENCE_MS = 100;

export function createPartition(options: PartitionOptions): Partition {
  const { consumer, log } = options;
  const { topic, partition } = options.assignment;
  const at = { topic, partition };
  const condition = createCondition({ ...at, log });
  const inFlight = createInFlight({ ...at, log, tracing: options.tracing });
  let reading = UNREAD;
  let reported = -1;
  let stopped: (() => void) | undefined;
  let room: (() => void) | undefined;

  const thread = startActorThread({
    worker: options.worker,
    name: `${topic}/${partition}`,
    onMessage: (message) => receive(message),
    onDeath(cause, backoffMs) {
      // A dead actor's mailbox is dropped: its successor reads on from the checkpoint.
      inFlight.dropped(cause);
      take({ is: "dropped" });
      condition.enter("backing-off", cause);
      log.error({ topic, partition, cause, backoffMs }, "actor died, starting another");
      stopped?.();
    },
  });
  const { say } = thread;
  const handover = createHandover((records, upTo) => {
    take({ is: "handed", records: records.length, bytes: sizeOf(records) });
    const packed = packRecords(records);
    say({ type: "records", packed, upTo }, [packed]);
  }, options.mayHaveEffect);

  /** Answers whether records were handed over. */
  const take = (input: Input): boolean => {
    const next = step(reading, input, { ms: Date.now(), mailboxRecordsMax: options.mailboxRecordsMax });
    reading = next.reading;
    for (const effect of next.effects) carryOut(effect);
    if (!isFull(reading, options)) room?.();
    return next.effects.some((effect) => effect.do === "hand over");
  };

  const carryOut = (effect: Effect) => {
    switch (effect.do) {
      case "pause":
        return consumer.pause(at);
      case "resume":
        return consumer.resume(at);
      case "seek":
        return consumer.seek({ ...at, offset: effect.offset });
      case "forget what is passed":
        return handover.forget();
      case "ask Kafka":
        return askKafka(effect.question);
      case "replace the actor":
        return thread.replace(effect.cause);
      case "hand over":
        inFlight.delivered(effect.records);
        return handover.hand(effect.records, effect.upTo);
      case "start over":
        return startOver(effect);
    }
  };

  /** An answer for an actor that is gone by then is dropped: its successor's claim asks anew. Never rejects. */
  const askKafka = (question: Question) => {
    const life = thread.life();
    const isWanted = () => thread.life() === life;
    void options.keptOffsets(at, isWanted).then((kept) => {
      if (!kept || !isWanted()) return;
      take({ is: "answered", question, kept });
      if (question.about !== "claim" || !reading.place) return;
      log.info({ topic, partition, epoch: reading.epoch, offset: question.offset }, "partition claimed");
    });
  };

  const startOver = ({ kept, reason, forgotten }: Extract<Effect, { do: "start over" }>) => {
    const fields = { topic, partition, checkpoint: reading.committed, ...kept, reason };
    log.warn(fields, "reading from the first record on");
    say({ type: "start-over", offset: kept.low, forgotten });
  };

  const receive = (message: FromActor) => {
    switch (message.type) {
      case "ready":
        condition.enter("starting");
        return say({ type: "claim", assignment: options.assignment });
      case "claimed":
        take({ ...message, is: "claimed" });
        return;
      case "committed":
        inFlight.committed(message.offset);
        take({ ...message, is: "committed" });
        return;
      case "state":
        return enter(message.state, message.detail);
      case "foreign":
        return condition.foreign(message);
      case "waiting":
        return condition.waiting(message);
      case "left":
        return condition.left(message);
      case "parked":
        inFlight.parked(message.offset, message.cause);
        return condition.parked(message);
    }
  };

  const enter = (next: ActorState, why: string | undefined) => {
    condition.enter(next, why);
    // Ours according to Kafka, so claim it again: the other owner was a passing one, or is about to be fenced.
    if (next === "fenced") thread.replace(why ?? "fenced");
    if (next === "stopped") stopped?.();
  };

  const waitForRoom = async () => {
    if (!isFull(reading, options)) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, PATIENCE_MS);
      room = () => {
        clearTimeout(patience);
        resolve();
      };
    });
    room = undefined;
  };

  return {
    async deliver(batch) {
      await waitForRoom();
      return !batch.isStale() && take({ is: "fetched", batch });
    },
    reassigned(kept) {
      take({ is: "reassigned", kept });
    },
    doubt() {
      take({ is: "doubted" });
    },
    async drain() {
      take({ is: "draining" });
      const done = new Promise<void>((resolve) => {
        stopped = resolve;
      });
      say({ type: "stop" });
      if (thread.isAlive()) await Promise.race([done, Bun.sleep(DRAIN_MS)]);
      inFlight.dropped("the process was stopped");
      thread.end();
    },
    abandon() {
      handover.forget();
      inFlight.dropped("the partition was given to another process");
      thread.end();
    },
    takeProgress() {
      const { place, committed } = reading;
      if (!place || committed === reported) return [];
      reported = committed;
      return [{ topic, partition, offset: committed }];
    },
    claimed: () => reading.place !== undefined,
    standsStill: () => condition.standsStill(),
    status: () => ({
      topic,
      partition,
      ...condition.status(reading.inHand),
      epoch: reading.epoch,
      offset: reading.committed,
      highWatermark: reading.highWatermark,
      mailbox: reading.inHand,
      oldestMs: inFlight.oldestMs(),
      restarts: thread.restarts(),
    }),
  };
}
