// A consumer that outlives its client: kafkajs crashes or stalls in known ways, and every one of them ends
// here in a new client after a backoff (consumer-life.ts). Must never commit an offset on its own.

import type { Consumer as KafkaConsumer } from "kafkajs";
import type { Log } from "@millrace/platform/log";
import type { Pace } from "@millrace/platform/pace";
import { createTidier } from "@millrace/platform/tidy";
import { absentTopics } from "./admin.ts";
import type { KafkaClient } from "./client.ts";
import { type Effect, type Input, step, UNSTARTED } from "./consumer-life.ts";
import { openSession, type Session } from "./consumer-session.ts";
import { createFetchTrouble, type HeldUp, type Unreadable } from "./fetch-trouble.ts";
import type { Permit } from "./installation.ts";
import { topicInKafka } from "./names.ts";
import type { FetchedRecord, ReceivedRecord } from "./received-record.ts";

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
  /** Rests between fetches. Longer ones for groups that no reader waits for leave the CPU to the others. */
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
  /** Stores how far the group has come in Kafka, for lag tools and for groups without a checkpoint of their own. */
  commit(positions: readonly (TopicPartition & { offset: number })[]): Promise<void>;
}

export function createConsumer(kafka: KafkaClient, options: ConsumerOptions): Consumer {
  const { log } = options;
  const fetchTrouble = createFetchTrouble(log, options);
  const tidier = createTidier();
  let life = UNSTARTED;
  let session: Session | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;
  let finished = Promise.withResolvers<void>();
  finished.resolve();

  const take = (input: Input) => {
    const next = step(life, input, Date.now());
    life = next.life;
    for (const effect of next.effects) carryOut(effect);
  };

  const carryOut = (effect: Effect) => {
    switch (effect.do) {
      case "open a client":
        session = open(effect.number);
        return;
      case "have the client leave":
        void session?.leave().then(() => take({ is: "left" }));
        return;
      case "rest":
        return rest(effect);
      case "look for absent topics":
        return look(effect);
      case "say what is assigned":
        return options.onAssigned?.(effect.assignment);
      case "say what is revoked":
        fetchTrouble.revoked();
        return options.onRevoked?.();
      case "say that a fetch is late":
        return options.onLate?.();
      case "finish":
        clearTimeout(resting);
        return finished.resolve();
    }
  };

  const open = (number: number) =>
    openSession(kafka, {
      ...options,
      fetchTrouble,
      tidier,
      isPresent: () => life.client?.number === number,
      say: (what) => take({ is: "said", client: number, what }),
    });

  const rest = ({ reason, ms }: Extract<Effect, { do: "rest" }>) => {
    const { groupId: group } = options;
    log.warn({ group, reason, backoffMs: ms }, "consumer ended, starting another");
    resting = setTimeout(() => take({ is: "rested" }), ms);
  };

  const look = ({ client, topics }: Extract<Effect, { do: "look for absent topics" }>) => {
    const answered = (absent: ReadonlyMap<string, string> | undefined) =>
      take({ is: "said", client, what: { is: "looked again", absent } });
    void absentTopics(kafka, topics).then(answered, () => answered(undefined));
  };

  // Between two clients there is nothing to steer: the next one's assignment says everything anew.
  const steer = (act: (live: KafkaConsumer) => void) => {
    if (life.client && session && (life.state === "consuming" || life.state === "rebalancing")) {
      act(session.client);
    }
  };
  return {
    start() {
      take({ is: "started" });
      finished = Promise.withResolvers();
    },
    async stop() {
      take({ is: "stopping" });
      await finished.promise;
    },
    state: () => life.state,
    unreadable: fetchTrouble.unreadable,
    absent: () => life.absent,
    heldUp: fetchTrouble.heldUp,
    trouble: () => life.trouble,
    seek: (at) => steer((live) => live.seek(positionIn(kafka, at))),
    pause: (at) => steer((live) => live.pause(partitionsIn(kafka, at))),
    resume: (at) => steer((live) => live.resume(partitionsIn(kafka, at))),
    async commit(positions) {
      if (!life.client) return;
      await session?.client.commitOffsets(positions.map((at) => positionIn(kafka, at)));
    },
  };
}

function positionIn(kafka: KafkaClient, { topic, partition, offset }: TopicPartition & { offset: number }) {
  return { topic: topicInKafka(kafka, topic), partition, offset: String(offset) };
}

function partitionsIn(kafka: KafkaClient, { topic, partition }: TopicPartition) {
  return [{ topic: topicInKafka(kafka, topic), partitions: [partition] }];
}
