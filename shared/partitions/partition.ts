// The supervisor's side of one partition: its actor's life, its mailbox's bound, its place in the topic.
import type { Consumer, ReceivedBatch, ReceivedRecord } from "@millrace/kafka/consume";
import type { Log } from "@millrace/platform/log";
import type { Tracing } from "@millrace/platform/tracing";
import { createInFlight } from "./in-flight.ts";
import { type ActorState, type Assignment, encodeRecords, type FromActor, type ToActor } from "./protocol.ts";

export interface PartitionOptions {
  readonly assignment: Assignment;
  readonly consumer: Pick<Consumer, "seek" | "pause" | "resume">;
  readonly worker: URL;
  readonly log: Log;
  /** A span a record where there is one. */
  readonly tracing?: Tracing | undefined;
  readonly mailboxRecordsMax: number;
  /** Kafka served records from before the expected offset: its position, or the topic, is not what it was. */
  onDisplaced(): void;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly state: ActorState;
  readonly detail?: string;
  readonly epoch: number;
  /** The next offset to take effect. */
  readonly offset: number;
  readonly highWatermark: number;
  /** Records delivered and not yet in effect. */
  readonly mailbox: number;
  /** Since the oldest of those was produced; 0 where there is none. */
  readonly oldestMs: number;
  readonly restarts: number;
  readonly parked: number;
}

export interface Partition {
  /** Hands records to the actor, once it has room. False: they were not wanted, the position stays. */
  deliver(batch: ReceivedBatch): Promise<boolean>;
  /** Assigned again after a rebalance in which it stayed ours. */
  reassigned(assignment: Assignment): void;
  /** Finishes the transaction under way and ends the actor. */
  drain(): Promise<void>;
  /** Ends the actor at once: another process owns the partition, and the fence makes a late commit fail. */
  abandon(): void;
  /** The position to report to Kafka, if it has moved since the last call. */
  takeProgress(): { topic: string; partition: number; offset: number }[];
  /** Its actor holds the checkpoint. */
  claimed(): boolean;
  status(): PartitionStatus;
}

/** How long one full mailbox may hold up its broker's other partitions before its partition is paused. */
const PATIENCE_MS = 100;
const RESTART_FIRST_MS = 100;
const RESTART_MOST_MS = 10_000;
/** An actor that has lived this long starts its backoff anew. */
const HEALTHY_MS = 30_000;
const DRAIN_MS = 5_000;

export function createPartition(options: PartitionOptions): Partition {
  const { consumer, log, mailboxRecordsMax } = options;
  let { assignment } = options;
  const { topic, partition } = assignment;
  const inFlight = createInFlight({ topic, partition, log, tracing: options.tracing });
  let worker: Worker | undefined;
  let state: ActorState = "starting";
  let detail: string | undefined;
  let epoch = 0;
  let expected: number | undefined;
  let committed = 0;
  let reported = -1;
  let highWatermark = assignment.high;
  let outstanding = 0;
  let paused = true;
  let ended = false;
  let restarts = 0;
  let parked = 0;
  let backoffMs = RESTART_FIRST_MS;
  let startedAt = 0;
  let room: (() => void) | undefined;
  let stopped: (() => void) | undefined;

  const start = () => {
    if (ended) return;
    startedAt = Date.now();
    state = "starting";
    const created = new Worker(options.worker, { name: `${topic}/${partition}` });
    worker = created;
    created.onmessage = ({ data }: MessageEvent<FromActor>) => {
      if (worker === created) receive(data);
    };
    created.onerror = (event) => {
      event.preventDefault();
      if (worker === created) died(event.message);
    };
    created.addEventListener("close", () => {
      if (worker === created) died("its thread ended");
    });
  };

  /** A dead actor's mailbox is dropped: its successor reads on from the checkpoint. */
  const died = (cause: string) => {
    worker?.terminate();
    worker = undefined;
    inFlight.dropped(cause);
    if (ended) return stopped?.();
    hold();
    if (Date.now() - startedAt > HEALTHY_MS) backoffMs = RESTART_FIRST_MS;
    restarts++;
    state = "backing-off";
    detail = cause;
    log.error({ topic, partition, cause, backoffMs }, "actor died, starting another");
    setTimeout(start, backoffMs);
    backoffMs = Math.min(backoffMs * 2, RESTART_MOST_MS);
  };

  const hold = () => {
    expected = undefined;
    outstanding = 0;
    paused = true;
    consumer.pause({ topic, partition });
    room?.();
  };

  const say = (message: ToActor) => worker?.postMessage(message);

  const receive = (message: FromActor) => {
    switch (message.type) {
      case "ready":
        say({ type: "claim", assignment });
        return;
      case "claimed":
        ({ epoch, offset: expected } = message);
        committed = message.offset;
        log.info({ topic, partition, epoch, offset: expected }, "partition claimed");
        consumer.seek({ topic, partition, offset: message.offset });
        unpause();
        return;
      case "committed":
        committed = message.offset;
        outstanding -= message.records;
        inFlight.committed(message.offset);
        if (outstanding < mailboxRecordsMax) {
          room?.();
          if (paused) unpause();
        }
        return;
      case "state":
        enter(message.state, message.detail);
        return;
      case "parked":
        parked++;
        inFlight.parked(message.offset, message.cause);
        log.error({ topic, partition, ...message }, "record parked");
        return;
      case "log":
        log[message.level](message.fields, message.message);
        return;
    }
  };

  const enter = (next: ActorState, why: string | undefined) => {
    if (next === "backing-off") log.warn({ topic, partition, cause: why }, "actor is waiting out a failure");
    state = next;
    detail = why;
    // Ours according to Kafka, so claim it again: the other owner was a passing one, or is about to be fenced.
    if (next === "fenced") died(why ?? "fenced");
    if (next === "stopped") stopped?.();
  };

  const unpause = () => {
    paused = false;
    consumer.resume({ topic, partition });
  };

  const waitForRoom = () =>
    new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, PATIENCE_MS);
      room = () => {
        clearTimeout(patience);
        resolve();
      };
    });

  start();
  return {
    async deliver(batch) {
      if (outstanding >= mailboxRecordsMax) await waitForRoom();
      room = undefined;
      if (expected === undefined || batch.isStale()) return false;
      if (outstanding >= mailboxRecordsMax) {
        paused = true;
        consumer.pause({ topic, partition });
        return false;
      }
      const from = expected;
      const last = batch.records.at(-1);
      if (last && last.offset < from) {
        paused = true;
        consumer.pause({ topic, partition });
        options.onDisplaced();
        return false;
      }
      const wanted = batch.records.filter((record) => record.offset >= from);
      highWatermark = batch.highWatermark;
      if (wanted.length === 0) return true;
      expected = (wanted.at(-1) as ReceivedRecord).offset + 1;
      outstanding += wanted.length;
      inFlight.delivered(wanted);
      say({ type: "records", json: encodeRecords(wanted) });
      return true;
    },
    reassigned(next) {
      assignment = next;
      highWatermark = next.high;
      if (expected === undefined) return;
      if (expected > next.high) return died(`its topic now ends at ${next.high}, before ${expected}`);
      // The position is Kafka's committed one again: put it back to where the mailbox ends.
      consumer.seek({ topic, partition, offset: expected });
      unpause();
    },
    async drain() {
      ended = true;
      consumer.pause({ topic, partition });
      if (!worker || state === "fenced") return;
      const done = new Promise<void>((resolve) => {
        stopped = resolve;
      });
      say({ type: "stop" });
      await Promise.race([done, Bun.sleep(DRAIN_MS)]);
      inFlight.dropped("the process was stopped");
      worker.terminate();
    },
    abandon() {
      ended = true;
      inFlight.dropped("the partition was given to another process");
      worker?.terminate();
    },
    takeProgress() {
      if (expected === undefined || committed === reported) return [];
      reported = committed;
      return [{ topic, partition, offset: committed }];
    },
    claimed: () => expected !== undefined,
    status: () => ({
      topic,
      partition,
      state,
      ...(detail === undefined ? {} : { detail }),
      epoch,
      offset: committed,
      highWatermark,
      mailbox: outstanding,
      oldestMs: inFlight.oldestMs(),
      restarts,
      parked,
    }),
  };
}
