// The supervisor's side of a partition's actor: its thread, what that was given, and what it says of itself. Decides
// nothing about what is read; see partition.ts.
import { packRecords } from "@millrace/kafka/packed-records";
import type { FetchedRecord } from "@millrace/kafka/received-record";
import type { Log } from "@millrace/platform/log";
import type { Tracing } from "@millrace/platform/tracing";
import { startActorThread } from "./actor-thread.ts";
import { createCondition } from "./condition.ts";
import type { MayHaveEffect } from "./handler.ts";
import { createHandover } from "./handover.ts";
import { createInFlight } from "./in-flight.ts";
import type { Assignment, FromActor } from "./protocol.ts";
import type { Input } from "./reading.ts";
import { sizeOf } from "./size.ts";
import type { PartitionStatus } from "./status.ts";

export interface PartitionActorOptions {
  readonly assignment: Assignment;
  readonly worker: URL;
  readonly log: Log;
  /** A span a record where there is one. */
  readonly tracing?: Tracing | undefined;
  /** See SupervisorOptions. */
  readonly mayHaveEffect?: MayHaveEffect | undefined;
}

export interface PartitionActor {
  handOver(records: readonly FetchedRecord[], upTo: number): void;
  /** What was handed over and has yet to reach the thread is read again. */
  forgetPassed(): void;
  startOver(offset: number, forgotten: boolean): void;
  /** Ends the thread and starts another after a backoff. */
  replace(cause: string): void;
  /** Finishes the transaction under way, then ends the thread. */
  drain(): Promise<void>;
  /** Ends the thread at once. */
  abandon(): void;
  /** Changes with each thread: an answer to what one of them asked is not for the next. */
  life(): number;
  /** Why nothing of the partition goes on, where that is so. */
  standsStill(): string | undefined;
  status(inHand: number): Omit<PartitionStatus, "epoch" | "offset" | "highWatermark" | "mailbox">;
}

/** Longest time, in ms, that an actor may take to end its transaction. */
const DRAIN_MS = 5_000;

/** `take` is given what the reading has to know of the actor. */
export function startPartitionActor(
  options: PartitionActorOptions,
  take: (input: Input) => void,
): PartitionActor {
  const { assignment, log } = options;
  const { topic, partition } = assignment;
  const condition = createCondition({ topic, partition, log });
  const inFlight = createInFlight({ topic, partition, log, tracing: options.tracing });
  let stopped = () => {};

  const receive = (message: FromActor) => {
    switch (message.type) {
      case "ready":
        condition.enter("starting");
        return thread.say({ type: "claim", assignment });
      case "claimed":
        return take({ ...message, is: "claimed" });
      case "committed":
        inFlight.committed(message.offset);
        return take({ ...message, is: "committed" });
      case "state":
        condition.enter(message.state, message.detail);
        // Ours according to Kafka, so claim it again: the other owner was a passing one, or is about to be fenced.
        if (message.state === "fenced") thread.replace(message.detail ?? "fenced");
        if (message.state === "stopped") stopped();
        return;
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

  const thread = startActorThread({
    worker: options.worker,
    name: `${topic}/${partition}`,
    onMessage: receive,
    onDeath(cause, backoffMs) {
      // A dead actor's mailbox is dropped: its successor reads on from the checkpoint.
      inFlight.dropped(cause);
      take({ is: "dropped" });
      condition.enter("backing-off", cause);
      log.error({ topic, partition, cause, backoffMs }, "actor died, starting another");
      stopped();
    },
  });
  const handover = createHandover((records, upTo) => {
    take({ is: "handed", records: records.length, bytes: sizeOf(records) });
    const packed = packRecords(records);
    thread.say({ type: "records", packed, upTo }, [packed]);
  }, options.mayHaveEffect);

  return {
    handOver(records, upTo) {
      inFlight.delivered(records);
      handover.hand(records, upTo);
    },
    forgetPassed: handover.forget,
    startOver: (offset, forgotten) => thread.say({ type: "start-over", offset, forgotten }),
    replace: thread.replace,
    async drain() {
      const done = new Promise<void>((resolve) => {
        stopped = resolve;
      });
      thread.say({ type: "stop" });
      if (thread.isAlive()) await Promise.race([done, Bun.sleep(DRAIN_MS)]);
      inFlight.dropped("the process was stopped");
      thread.end();
    },
    abandon() {
      handover.forget();
      inFlight.dropped("the partition was given to another process");
      thread.end();
    },
    life: thread.life,
    standsStill: condition.standsStill,
    status: (inHand) => ({
      topic,
      partition,
      ...condition.status(inHand),
      oldestMs: inFlight.oldestMs(),
      restarts: thread.restarts(),
    }),
  };
}
