// A consumer that outlives its client: kafkajs crashes or stalls in known ways, and every one of them ends
// here in a new client after a backoff. Must never commit an offset on its own.

import type { Consumer as KafkaConsumer } from "kafkajs";
import type { Log } from "@millrace/platform/log";
import { type Pace, restAfter } from "@millrace/platform/pace";
import { createTidier } from "@millrace/platform/tidy";
import { absentTopics } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { disconnect, HEARTBEAT_INTERVAL_MS, newClient } from "./consumer-client.ts";
import { createFetchTrouble, type HeldUp, type PatchedBatch, type Unreadable } from "./fetch-trouble.ts";
import type { Permit } from "./installation.ts";
import { topicFromKafka, topicInKafka } from "./names.ts";
import { type FetchedRecord, type ReceivedRecord, received } from "./received-record.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface ReceivedBatch<R extends ReceivedRecord = FetchedRecord> extends TopicPartition {
  readonly records: readonly R[];
  /**
   * These are all that there is from that offset up to but without `nextOffset`: what lies between them, or after the
   * last, are markers of transactions, aborted records, compacted ones, or a batch that can't be decoded. May be none.
   */
  readonly fetchedOffset: number;
  readonly nextOffset: number;
  /** The next offset that will be written to the partition. */
  readonly highWatermark: number;
  /** A seek has been asked for since this was fetched: these records are not the ones that are wanted. */
  isStale(): boolean;
}

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Log;
  /** Asked for before the group is joined; see installation.ts. Where it is refused, it is asked for again. */
  readonly permit?: Permit | undefined;
  /**
   * Hands over what stands in open and in aborted transactions too. For topics whose records prove by themselves that they
   * are ours, such as events that are in the store: there a stranger's open transaction would only hold up all others.
   */
  readonly readUncommitted?: boolean;
  /** For those whom nobody waits for: what is saved at each fetch is saved for others. */
  readonly pace?: Pace | undefined;
  /**
   * Takes one partition's records. The consumer moves past them when it resolves and fetches nothing more
   * from any partition of that broker before then; `false` leaves the position where it was.
   */
  handle(batch: ReceivedBatch): Promise<boolean>;
  /** Called before anything is fetched from the new assignment. */
  onAssigned?(assignment: readonly TopicPartition[]): void;
  /** The group is rebalancing or the client is gone: others may own the partitions from now on. */
  onRevoked?(): void;
  /**
   * Called before what a late fetch brought is handed over: meanwhile a topic may have been deleted, created anew
   * and filled past where we are, unseen.
   */
  onLate?(): void;
}

export type ConsumerState = "stopped" | "joining" | "consuming" | "rebalancing" | "backing-off";

export interface Consumer {
  start(): void;
  stop(): Promise<void>;
  state(): ConsumerState;
  unreadable(): Unreadable;
  /** Topics that can't be read now, and why: the others are read all the same. */
  absent(): ReadonlyMap<string, string>;
  /** Partitions where nothing comes before a transaction ends that is open for longer than most. */
  heldUp(): readonly HeldUp[];
  /** Why nothing was fetched since then, where clients keep ending. */
  trouble(): { readonly reason: string; readonly since: Date } | undefined;
  seek(position: TopicPartition & { offset: number }): void;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** Tells Kafka how far the group has come, for lag tools and for groups without a checkpoint of their own. */
  commit(positions: readonly (TopicPartition & { offset: number })[]): Promise<void>;
}

/** A fetch that comes so long after the one before is late; deleting and creating a topic takes about as long. */
export const LATE_MS = 500;
/**
 * Rest before the next fetch, for each record that a partition had in this one. What comes meanwhile comes as one
 * batch: at rest that costs nobody anything, and under load fetches and transactions grow instead of multiplying.
 * Below some 5,000 records a second the relay paces the chain, and a fetch waits for what it publishes. Never none at
 * all: whoever was just given the records would wait for the core until the next fetch is on its way.
 */
const PACE: Pace = (records) => Math.min(Math.max(1.5, 0.5 * records), 150);
const PARTITIONS_AT_ONCE_MAX = 64;
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MOST_MS = 5_000;
/** A client that has neither fetched nor rebalanced for this long has stalled. */
const STALL_MS = 30_000;

export function createConsumer(kafka: KafkaClient, options: ConsumerOptions): Consumer {
  const { log } = options;
  let state: ConsumerState = "stopped";
  let client: KafkaConsumer | undefined;
  let stopping = false;
  /** Resolved by `stop`, which waits out neither a backoff nor a client that is still connecting. */
  let halt = Promise.withResolvers<void>();
  let finished: Promise<void> = Promise.resolve();
  let endSession: ((reason: string) => void) | undefined;
  let lastSignAt = 0;
  let absent: ReadonlyMap<string, string> = new Map();
  const fetchTrouble = createFetchTrouble(log, options);
  let trouble: { readonly reason: string; readonly since: Date } | undefined;
  const tidier = createTidier();

  const loop = async () => {
    let backoffMs = BACKOFF_FIRST_MS;
    while (!stopping) {
      const startedAt = Date.now();
      const reason = await session();
      if (stopping) break;
      if (Date.now() - startedAt > STALL_MS) backoffMs = BACKOFF_FIRST_MS;
      state = "backing-off";
      trouble = { reason, since: trouble?.since ?? new Date() };
      log.warn({ group: options.groupId, reason, backoffMs }, "consumer ended, starting another");
      await Promise.race([Bun.sleep(backoffMs), halt.promise]);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS);
    }
    state = "stopped";
  };

  /** One client's life. Answers why it ended; never throws. */
  const session = async (): Promise<string> => {
    state = "joining";
    lastSignAt = Date.now();
    const current = newClient(kafka, options);
    const ended = new Promise<string>((resolve) => {
      endSession = resolve;
    });
    let looking = false;
    const lookForAbsent = async () => {
      if (looking || absent.size === 0) return;
      looking = true;
      const still = await absentTopics(kafka, [...absent.keys()]).catch(() => absent);
      if (client === current && still.size < absent.size) endSession?.("a topic that was absent is there");
      looking = false;
    };
    const watch = setInterval(() => {
      void lookForAbsent();
      if (Date.now() - lastSignAt > STALL_MS) endSession?.(`no sign of life for ${STALL_MS} ms`);
    }, HEARTBEAT_INTERVAL_MS);
    try {
      client = current;
      observe(current);
      return await Promise.race([consumeWith(current).then(() => ended), ended]);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearInterval(watch);
      options.onRevoked?.();
      fetchTrouble.revoked();
      client = undefined;
      await disconnect(current);
    }
  };

  /** Resolves once the client is consuming. */
  const consumeWith = async (current: KafkaConsumer) => {
    await options.permit?.();
    // kafkajs reads none of its topics while it can't find one of them.
    absent = await absentTopics(kafka, options.topics);
    const topics = options.topics.filter((topic) => !absent.has(topic));
    for (const [topic, reason] of absent) log.warn({ topic, reason }, "a topic can't be read");
    if (topics.length === 0) throw new Error([...absent].map((each) => each.join(": ")).join(", "));
    await current.connect();
    if (client !== current) return;
    await current.subscribe({
      topics: topics.map((topic) => topicInKafka(kafka, topic)),
      fromBeginning: true,
    });
    if (client !== current) return;
    await current.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE_MAX,
      eachBatch: async ({ batch, resolveOffset, isStale, isRunning }) => {
        if (client !== current || !isRunning() || isStale()) return;
        const topic = topicFromKafka(kafka, batch.topic);
        if (fetchTrouble.note(batch as PatchedBatch, topic)) return;
        const records = batch.messages.map((message) => received(batch.partition, message));
        const moved = await options.handle({
          topic,
          partition: batch.partition,
          records,
          fetchedOffset: Number((batch as PatchedBatch).fetchedOffset),
          nextOffset: Number(batch.lastOffset()) + 1,
          highWatermark: Number(batch.highWatermark),
          isStale,
        });
        if (moved && !isStale()) resolveOffset(batch.lastOffset());
        tidier.worked(
          records.length,
          records.reduce((sum, { bytes }) => sum + bytes, 0),
        );
        await restAfter(batch.messages.length, options.pace ?? PACE);
      },
    });
    // Its session ended while it was joining: it must not stay in the group as a member that nobody knows.
    if (client !== current) await disconnect(current);
  };

  const observe = (current: KafkaConsumer) => {
    const { CRASH, FETCH, GROUP_JOIN, REBALANCING, HEARTBEAT } = current.events;
    const alive = () => {
      lastSignAt = Date.now();
    };
    const fetchedAt = new Map<number, number>();
    current.on(FETCH, ({ timestamp, payload: { nodeId } }) => {
      alive();
      if (client === current) trouble = undefined;
      if (timestamp - (fetchedAt.get(nodeId) ?? timestamp) > LATE_MS) options.onLate?.();
      fetchedAt.set(nodeId, timestamp);
    });
    current.on(HEARTBEAT, alive);
    current.on(CRASH, ({ payload }) => {
      if (client === current) endSession?.(payload.error.message);
    });
    current.on(REBALANCING, () => {
      if (client !== current) return;
      alive();
      state = "rebalancing";
      options.onRevoked?.();
    });
    current.on(GROUP_JOIN, ({ payload }) => {
      if (client !== current) return;
      alive();
      state = "consuming";
      const assignment = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic: topicFromKafka(kafka, topic), partition })),
      );
      options.onAssigned?.(assignment);
    });
  };

  // Between two clients there is nothing to steer: the next one's assignment says everything anew.
  const inKafka = (topic: string) => topicInKafka(kafka, topic);
  const steer = (act: (live: KafkaConsumer) => void) => {
    if (client && (state === "consuming" || state === "rebalancing")) act(client);
  };

  return {
    start() {
      stopping = false;
      halt = Promise.withResolvers<void>();
      finished = loop();
    },
    async stop() {
      stopping = true;
      halt.resolve();
      endSession?.("stopping");
      await finished;
    },
    state: () => state,
    unreadable: fetchTrouble.unreadable,
    absent: () => absent,
    heldUp: fetchTrouble.heldUp,
    trouble: () => trouble,
    seek: ({ topic, partition, offset }) =>
      steer((live) => live.seek({ topic: inKafka(topic), partition, offset: String(offset) })),
    pause: ({ topic, partition }) =>
      steer((live) => live.pause([{ topic: inKafka(topic), partitions: [partition] }])),
    resume: ({ topic, partition }) =>
      steer((live) => live.resume([{ topic: inKafka(topic), partitions: [partition] }])),
    async commit(positions) {
      await client?.commitOffsets(
        positions.map(({ topic, partition, offset }) => ({
          topic: inKafka(topic),
          partition,
          offset: String(offset),
        })),
      );
    },
  };
}
