// The supervisor: one consumer, and for each partition that it is assigned one actor, a Worker, in whose
// hands the partition is. Hands records over, bounds what waits, restarts what dies. Writes no rows itself.
import { hostname } from "node:os";
import type { KafkaClient } from "@millrace/kafka/client";
import {
  type Consumer,
  type ConsumerState,
  createConsumer,
  type ReceivedBatch,
  type TopicPartition,
} from "@millrace/kafka/consume";
import type { Unreadable } from "@millrace/kafka/fetch-trouble";
import type { Permit } from "@millrace/kafka/installation";
import type { Log } from "@millrace/platform/log";
import type { Pace } from "@millrace/platform/pace";
import type { Tracing } from "@millrace/platform/tracing";
import type { MayHaveEffect } from "./handler.ts";
import { createKeptOffsets } from "./kept-offsets.ts";
import { createPartition, type Partition } from "./partition.ts";
import type { PartitionStatus } from "./status.ts";

export interface SupervisorOptions {
  readonly kafka: KafkaClient;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  readonly groupId: string;
  /** See ConsumerOptions. */
  readonly permit?: Permit | undefined;
  /** Empty where a shop has no process or no read model: the supervisor then has nothing to do, and is ready. */
  readonly topics: readonly string[];
  /** The worker's main file; it calls `runActor`. */
  readonly worker: URL;
  /** Records that one actor may hold before its partition waits. */
  readonly mailboxRecordsMax: number;
  /** See ConsumerOptions. */
  readonly pace?: Pace;
  /**
   * False for a record that its actor need not see: where most are such, waking a thread for them costs more than all
   * work on the others. Without it every record goes to its actor.
   */
  readonly mayHaveEffect?: MayHaveEffect;
}

export interface SupervisorStatus {
  readonly owner: string;
  readonly consumer: ConsumerState;
  readonly unreadable: Unreadable;
  readonly partitions: readonly PartitionStatus[];
}

export interface Supervisor {
  start(): void;
  /** Lets each actor finish its transaction, reports to Kafka how far they came, and leaves the group. */
  stop(): Promise<void>;
  /** `owner` is the name that its checkpoints carry. */
  status(): SupervisorStatus;
  /** Undefined once every assigned partition has been claimed; else what is missing. */
  notReady(): string | undefined;
}

/** Between reports of progress to Kafka: for lag tools only, Postgres' checkpoint is the truth. */
const REPORT_INTERVAL_MS = 5_000;

export function startSupervisor(options: SupervisorOptions): Supervisor {
  const { kafka, log } = options;
  const keptOffsets = createKeptOffsets(kafka, log);
  const partitions = new Map<string, Partition>();
  const owner = `${hostname()}:${process.pid}`;
  let generation = 0;
  /** The present assignment has its actors. */
  let assigned = false;

  const consumer = createConsumer(kafka, {
    groupId: options.groupId,
    topics: options.topics,
    readUncommitted: true,
    permit: options.permit,
    log,
    pace: options.pace,
    handle: (batch: ReceivedBatch) => partitions.get(name(batch))?.deliver(batch) ?? Promise.resolve(false),
    onAssigned: (assignment) => void assign(assignment),
    onRevoked: () => {
      generation++;
    },
    onLate: () => {
      for (const partition of partitions.values()) partition.doubt();
    },
  });

  /** Partitions that stay keep their actors: if another process had them meanwhile, the fence shows it. */
  const assign = async (assignment: readonly TopicPartition[]) => {
    const assignedIn = ++generation;
    assigned = false;
    const kept = new Set(assignment.map(name));
    for (const [key, partition] of partitions) {
      if (kept.has(key)) continue;
      partitions.delete(key);
      partition.abandon();
    }
    // Nothing is fetched before the checkpoint has said from where.
    for (const partition of assignment) consumer.pause(partition);
    log.info({ group: options.groupId, partitions: [...kept] }, "partitions assigned");
    const isCurrent = () => generation === assignedIn;
    await Promise.all(assignment.map((at) => takeOver(at, isCurrent)));
    assigned ||= isCurrent();
  };

  const takeOver = async (at: TopicPartition, isCurrent: () => boolean) => {
    const existing = partitions.get(name(at));
    if (!existing) {
      const place = { ...at, owner };
      partitions.set(name(at), createPartition({ ...options, consumer, keptOffsets, assignment: place }));
      return;
    }
    const kept = await keptOffsets(at, isCurrent);
    if (kept && isCurrent()) existing.reassigned(kept);
  };

  const report = async () => {
    const positions = [...partitions.values()].flatMap((partition) => partition.takeProgress());
    if (positions.length === 0 || consumer.state() !== "consuming") return;
    await consumer
      .commit(positions)
      .catch((error) => log.debug({ err: error }, "progress was not reported to Kafka"));
  };
  const reporting = setInterval(() => void report(), REPORT_INTERVAL_MS);

  return {
    start() {
      // A group of no topics would wait for an assignment for ever.
      if (options.topics.length > 0) consumer.start();
    },
    async stop() {
      clearInterval(reporting);
      await Promise.all([...partitions.values()].map((partition) => partition.drain()));
      await report();
      await consumer.stop();
    },
    notReady: () => whyNotReady(options, consumer, [...partitions.values()], assigned),
    status: () => ({
      owner,
      consumer: consumer.state(),
      unreadable: consumer.unreadable(),
      partitions: [...partitions.values()].map((partition) => partition.status()),
    }),
  };
}

/** Undefined where every partition that is ours is claimed, and none stands still. */
function whyNotReady(
  { topics }: SupervisorOptions,
  consumer: Consumer,
  partitions: readonly Partition[],
  isAssigned: boolean,
): string | undefined {
  if (topics.length === 0) return undefined;
  const state = consumer.state();
  const trouble = consumer.trouble();
  if (state !== "consuming" && trouble)
    return `nothing is read from Kafka since ${trouble.since.toISOString()}: ${trouble.reason}. Events wait there, and it is tried again by itself`;
  if (state !== "consuming")
    return `nothing is read from Kafka, since the consumer is ${state}: events wait there until it consumes. Past a minute, look at Kafka and at this process's log`;
  const absent = [...consumer.absent()].map((each) => each.join(": "));
  if (absent.length > 0)
    return `topics can't be read: ${absent.join(", ")}. All others are; these are once they can be, and the migration makes those that are not there`;
  const waiting = partitions.filter((partition) => !partition.claimed()).length;
  if (waiting > 0)
    return `partitions not claimed: ${waiting} of ${partitions.length}. Their events wait in Kafka until Postgres has given their checkpoints`;
  const still = partitions.flatMap((partition) => partition.standsStill() ?? []);
  if (still.length > 0)
    return `partitions that stand still: ${still.length} of ${partitions.length}, ${still.join("; ")}. Their events wait in Kafka, and the next one is tried again by itself; what has to be mended is the cause, in the code or the database`;
  const left = [...new Set(partitions.flatMap((partition) => partition.status().left))];
  if (left.length > 0)
    return `${left.join(", ")}: too far behind for its topic's others to wait for it; build it with \`bun run ops projections rebuild ${left[0]}\``;
  if (!isAssigned)
    return "partitions are assigned, and Kafka has not said yet which records they hold: it is asked until it does";
  return undefined;
}

function name({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
