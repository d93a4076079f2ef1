// One topic's replies, sent in their order. Modes: idle, until replies are offered; sending, in which those who offer
// wait until they are stored; in trouble, in which nobody waits, and a look a second tells whether the topic takes them.
import { describeRefusal } from "@millrace/kafka/produce";
import type { Publisher } from "@millrace/kafka/publish";
import { isOfARecord } from "@millrace/kafka/refusals";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Reply, ReplyOutcome } from "./replies.ts";

export interface ReplyLaneOptions {
  readonly publisher: Publisher;
  readonly publisherInTrouble: Publisher;
  /** How many partitions the topic has; undefined where there is none. @throws what else Kafka says of it */
  partitionsOf(topic: string): Promise<number | undefined>;
  readonly log: Log;
  observe(outcome: ReplyOutcome, replies: number): void;
}

export interface ReplyLane {
  /** Resolves once these are stored or dropped, or the topic is in trouble. */
  offer(replies: readonly Reply[]): Promise<void>;
  /** Resolves when nothing waits to be sent. */
  idle(): Promise<void>;
  heldBytes(): number;
  isInTrouble(): boolean;
  /** Drops what is not sent. */
  stop(reason: string): void;
}

/** Replies in one publish: a few hundred kilobytes at most, since each is small or goes short. */
const AT_ONCE_MAX = 200;
/** Replies that wait for one topic: those of a few busy seconds. */
const HELD_MAX = 1_000;
/** Longest time, in ms, that a reply waits for its topic: senders that ask have given up by then. */
const HELD_MS = 30_000;
/** Between looks at a topic in trouble, in ms. */
const LOOK_EVERY_MS = 1_000;
/** Longest time, in ms, that those who offer wait for one publish, before the topic counts as slow. */
const SLOW_MS = 1_500;
/** What became of some replies. */
interface Delivery {
  /** To be sent again. */
  readonly left: readonly Reply[];
  readonly dropped: number;
  /** Why there are some left. */
  readonly reason: string | undefined;
}

interface Held {
  readonly reply: Reply;
  readonly at: number;
}

export function createReplyLane(topic: string, options: ReplyLaneOptions): ReplyLane {
  const { log, observe } = options;
  let held: Held[] = [];
  let heldBytes = 0;
  let partitions: number | undefined;
  let trouble: string | undefined;
  let running: Promise<void> | undefined;
  const halt = Promise.withResolvers<void>();
  let stopped = false;
  /** Resolved when nobody needs to wait: all is stored, or the topic is in trouble. */
  let settled = Promise.withResolvers<void>();

  const drop = (count: number, reason: string) => {
    if (count === 0) return;
    log.warn({ topic, replies: count, reason }, "replies dropped");
    observe("dropped", count);
  };
  const keep = (left: Held[]) => {
    held = left;
    heldBytes = left.reduce((sum, { reply }) => sum + bytesOf(reply), 0);
  };
  const enterTrouble = (reason: string) => {
    if (trouble !== reason) log.warn({ topic, reason }, "replies can't be sent yet, trying again");
    trouble = reason;
    settled.resolve();
  };

  const run = async () => {
    while (held.length > 0 && !stopped) {
      const some = held.slice(0, AT_ONCE_MAX).map(({ reply }) => reply);
      const slow = setTimeout(() => enterTrouble("the topic's leader is slow"), SLOW_MS);
      const { left, dropped, reason } = await deliver(some).catch((error: unknown) => failed(some, error));
      clearTimeout(slow);
      observe("sent", some.length - left.length - dropped);
      const again = new Set(left);
      keep(held.filter(({ reply }, index) => index >= some.length || again.has(reply)));
      if (reason === undefined) {
        trouble = undefined;
        continue;
      }
      partitions = undefined;
      enterTrouble(reason);
      const young = held.filter(({ at }) => at > Date.now() - HELD_MS);
      drop(held.length - young.length, reason);
      keep(young);
      if (held.length > 0) await Promise.race([Bun.sleep(LOOK_EVERY_MS), halt.promise]);
    }
    settled.resolve();
    running = undefined;
  };

  /** @throws what may pass: none of them is stored then, as far as is known */
  const deliver = async (replies: readonly Reply[]): Promise<Delivery> => {
    const needed = 1 + Math.max(...replies.map(({ partition }) => partition ?? 0));
    if (partitions === undefined || partitions < needed) partitions = await options.partitionsOf(topic);
    if (partitions === undefined) throw new Error("there is no such topic");
    const count = partitions;
    const placed = replies.filter(({ partition }) => (partition ?? 0) < count);
    const misplaced = replies.length - placed.length;
    drop(misplaced, `the topic has no partition but the first ${count}`);
    return together({ ...DONE, dropped: misplaced }, await publish(placed));
  };

  const publish = async (replies: readonly Reply[]): Promise<Delivery> => {
    if (replies.length === 0) return DONE;
    const publisher = trouble === undefined ? options.publisher : options.publisherInTrouble;
    const sent = await publisher.send(replies.map(({ short, ...record }) => record));
    let delivery = DONE;
    for (const group of sent) {
      if (!("refusal" in group)) continue;
      const ofGroup = group.records.map((index) => replies[index] as Reply);
      const reason = describeRefusal(group);
      const own = isOfARecord(group.refusal)
        ? await publishAlone(ofGroup, reason)
        : { left: ofGroup, dropped: 0, reason };
      delivery = together(delivery, own);
    }
    return delivery;
  };

  /** Those of which one at least is not taken, each by itself. */
  const publishAlone = async (replies: readonly Reply[], refusal: string): Promise<Delivery> => {
    const [only, second] = replies;
    if (only && !second) {
      if (only.value === only.short) {
        drop(1, refusal);
        return { ...DONE, dropped: 1 };
      }
      const { left, ...rest } = await publish([{ ...only, value: only.short }]);
      return { ...rest, left: left.length > 0 ? [only] : [] };
    }
    let delivery = DONE;
    for (const reply of replies) {
      delivery = together(delivery, await publish([reply]).catch((error: unknown) => failed([reply], error)));
    }
    return delivery;
  };

  return {
    offer(replies) {
      const room = HELD_MAX - held.length;
      drop(Math.max(0, replies.length - room), trouble ?? `${HELD_MAX} replies wait already`);
      const now = Date.now();
      keep([...held, ...replies.slice(0, room).map((reply) => ({ reply, at: now }))]);
      if (trouble === undefined && !running) settled = Promise.withResolvers<void>();
      running ??= run();
      return settled.promise;
    },
    idle: async () => {
      await running;
    },
    heldBytes: () => heldBytes,
    isInTrouble: () => trouble !== undefined,
    stop(reason) {
      stopped = true;
      halt.resolve();
      drop(held.length, reason);
      keep([]);
    },
  };
}

function bytesOf({ value, key }: Reply): number {
  return value.length + (key?.length ?? 0);
}

function failed(replies: readonly Reply[], error: unknown): Delivery {
  return { left: replies, dropped: 0, reason: describe(error) };
}

const DONE: Delivery = { left: [], dropped: 0, reason: undefined };

function together(one: Delivery, other: Delivery): Delivery {
  return {
    left: [...one.left, ...other.left],
    dropped: one.dropped + other.dropped,
    reason: other.reason ?? one.reason,
  };
}
