// The supervisor's side of one partition: its actor's life, its mailbox's bound, its place in the topic.
import type { Consumer, ReceivedBatch } from "@millrace/kafka/consume";
import { packRecords } from "@millrace/kafka/packed-records";
import type { Log } from "@millrace/platform/log";
import type { Tracing } from "@millrace/platform/tracing";
import { startActorThread } from "./actor-thread.ts";
import { createCondition } from "./condition.ts";
import { createFlow } from "./flow.ts";
import type { MayHaveEffect } from "./handler.ts";
import { createHandover } from "./handover.ts";
import { createInFlight } from "./in-flight.ts";
import type { KeptOffsets, ReadKeptOffsets } from "./kept-offsets.ts";
import { createPlace } from "./place.ts";
import type { ActorState, Assignment, FromActor } from "./protocol.ts";
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

const DRAIN_MS = 5_000;

export function createPartition(options: PartitionOptions): Partition {
  const { consumer, log } = options;
  const { topic, partition } = options.assignment;
  const place = createPlace();
  const flow = createFlow({ topic, partition }, options);
  const condition = createCondition({ topic, partition, log });
  const inFlight = createInFlight({ topic, partition, log, tracing: options.tracing });
  let epoch = 0;
  let committed = 0;
  let reported = -1;
  let highWatermark = 0;
  let stopped: (() => void) | undefined;

  const thread = startActorThread({
    worker: options.worker,
    name: `${topic}/${partition}`,
    onMessage: (message) => receive(message),
    onDeath(cause, backoffMs) {
      // A dead actor's mailbox is dropped: its successor reads on from the checkpoint.
      inFlight.dropped(cause);
      hold();
      condition.enter("backing-off", cause);
      log.error({ topic, partition, cause, backoffMs }, "actor died, starting another");
      stopped?.();
    },
  });
  const { say } = thread;
  const handover = createHandover((records, upTo) => {
    flow.handed(records.length, sizeOf(records));
    const packed = packRecords(records);
    say({ type: "records", packed, upTo }, [packed]);
  }, options.mayHaveEffect);

  const hold = () => {
    handover.forget();
    place.forget();
    flow.pause();
    flow.reset();
  };

  const receive = (message: FromActor) => {
    switch (message.type) {
      case "ready":
        condition.enter("starting");
        say({ type: "claim", assignment: options.assignment });
        return;
      case "claimed":
        epoch = message.epoch;
        committed = message.offset;
        flow.reset();
        void locate(message.offset, message.lastRecord);
        return;
      case "committed":
        committed = message.offset;
        flow.done(message.records, message.bytes);
        inFlight.committed(message.offset);
        if (flow.isPaused() && !flow.isFull() && place.next() !== undefined) resume();
        return;
      case "state":
        enter(message.state, message.detail);
        return;
      case "foreign":
        condition.foreign(message);
        return;
      case "waiting":
        condition.waiting(message);
        return;
      case "left":
        condition.left(message);
        return;
      case "parked":
        inFlight.parked(message.offset, message.cause);
        condition.parked(message);
        return;
    }
  };

  const enter = (next: ActorState, why: string | undefined) => {
    condition.enter(next, why);
    // Ours according to Kafka, so claim it again: the other owner was a passing one, or is about to be fenced.
    if (next === "fenced") thread.replace(why ?? "fenced");
    if (next === "stopped") stopped?.();
  };

  /**
   * Reads on from the checkpoint, if Kafka has what it speaks of. Kafka is asked after the claim: since then the
   * checkpoint stands still, so an end that lies before it belongs to another topic.
   */
  const locate = async (offset: number, lastRecord: string | null) => {
    const kept = await askKafka();
    if (!kept) return;
    highWatermark = kept.high;
    if (offset > kept.high)
      return startOver(kept, "it ends before the checkpoint: the topic was created anew");
    if (offset < kept.low) return startOver(kept, "Kafka no longer has the next records", true);
    place.begin(offset, offset > kept.low ? lastRecord : null);
    log.info({ topic, partition, epoch, offset }, "partition claimed");
    readOn();
  };

  /** Undefined where the actor that it was asked for is gone by the time of the answer. */
  const askKafka = async () => {
    const life = thread.life();
    const kept = await options.keptOffsets({ topic, partition }, () => thread.life() === life);
    return thread.life() === life ? kept : undefined;
  };

  /** The mailbox is as it was, the consumer's position may not be, nor the topic. */
  const reassigned = (kept: KeptOffsets) => {
    const next = place.next();
    highWatermark = kept.high;
    if (next === undefined) return;
    if (next < kept.low)
      return thread.replace(`Kafka has forgotten all before ${kept.low}, and ${next} is next`);
    if (next > kept.high) return thread.replace(`its topic now ends at ${kept.high}, before ${next}`);
    place.doubt();
    readOn();
  };

  const relocate = async () => {
    flow.pause();
    const kept = await askKafka();
    if (kept) reassigned(kept);
  };

  const leaveTopic = async () => {
    hold();
    const kept = await askKafka();
    if (kept) startOver(kept, "the record before is another one: the topic was created anew");
  };

  const startOver = ({ low, high }: KeptOffsets, reason: string, forgotten = false) => {
    log.warn(
      { topic, partition, checkpoint: committed, low, high, reason },
      "reading from the first record on",
    );
    hold();
    say({ type: "start-over", offset: low, forgotten });
  };

  const readOn = () => {
    consumer.seek({ topic, partition, offset: place.readFrom() });
    resume();
  };

  const doubt = () => {
    if (place.next() === undefined) return;
    place.doubt();
    consumer.seek({ topic, partition, offset: place.readFrom() });
  };

  const resume = () => {
    if (flow.resume()) doubt();
  };

  return {
    async deliver(batch) {
      await flow.waitForRoom();
      if (place.next() === undefined || batch.isStale()) return false;
      if (flow.isFull()) {
        flow.pause();
        return false;
      }
      if (batch.highWatermark < highWatermark) {
        // Logs only grow, but for a topic that was created anew. So look again, at the record before.
        highWatermark = batch.highWatermark;
        place.doubt();
        readOn();
        return false;
      }
      highWatermark = batch.highWatermark;
      const taken = place.take(batch);
      switch (taken.is) {
        case "wanted":
          inFlight.delivered(taken.records);
          handover.hand(taken.records, batch.nextOffset);
          return true;
        case "displaced":
          void relocate();
          return false;
        case "another topic":
          void leaveTopic();
          return false;
      }
    },
    reassigned,
    doubt,
    async drain() {
      handover.forget();
      flow.pause();
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
      if (place.next() === undefined || committed === reported) return [];
      reported = committed;
      return [{ topic, partition, offset: committed }];
    },
    claimed: () => place.next() !== undefined,
    standsStill: () => condition.standsStill(),
    status: () => ({
      topic,
      partition,
      ...condition.status(flow.inHand()),
      epoch,
      offset: committed,
      highWatermark,
      mailbox: flow.inHand(),
      oldestMs: inFlight.oldestMs(),
      restarts: thread.restarts(),
    }),
  };
}
