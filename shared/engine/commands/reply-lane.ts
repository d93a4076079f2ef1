// One topic's replies, sent in their order. Modes: idle, until replies are offered; sending, in which those who offer
// wait until they are stored; in trouble, in which nobody waits, and a look a second tells whether the topic takes them.
import type { Publisher } from "@millrace/kafka/publish";
import { createBell } from "@millrace/platform/bell";
import type { Log } from "@millrace/platform/log";
import type { Reply, ReplyOutcome } from "./replies.ts";
import { createReplyDelivery, type ReplyDeliveryOptions } from "./reply-delivery.ts";

export interface ReplyLaneOptions {
  readonly publisher: Publisher;
  readonly publisherInTrouble: Publisher;
  readonly partitionsOf: ReplyDeliveryOptions["partitionsOf"];
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

interface Held {
  readonly reply: Reply;
  readonly at: number;
}

export function createReplyLane(topic: string, options: ReplyLaneOptions): ReplyLane {
  const { log, observe } = options;
  let held: Held[] = [];
  let heldBytes = 0;
  let trouble: string | undefined;
  let running: Promise<void> | undefined;
  const looking = createBell();
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

  const deliver = createReplyDelivery(topic, {
    partitionsOf: options.partitionsOf,
    publisher: () => (trouble === undefined ? options.publisher : options.publisherInTrouble),
    drop,
  });

  const run = async () => {
    while (held.length > 0 && !stopped) {
      const some = held.slice(0, AT_ONCE_MAX).map(({ reply }) => reply);
      const slow = setTimeout(() => enterTrouble("the topic's leader is slow"), SLOW_MS);
      const { left, dropped, reason } = await deliver(some);
      clearTimeout(slow);
      observe("sent", some.length - left.length - dropped);
      const again = new Set(left);
      keep(held.filter(({ reply }, index) => index >= some.length || again.has(reply)));
      if (reason === undefined) {
        trouble = undefined;
        continue;
      }
      enterTrouble(reason);
      const young = held.filter(({ at }) => at > Date.now() - HELD_MS);
      drop(held.length - young.length, reason);
      keep(young);
      if (held.length > 0) await looking.rest(LOOK_EVERY_MS);
    }
    settled.resolve();
    running = undefined;
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
      looking.ring();
      drop(held.length, reason);
      keep([]);
    },
  };
}

function bytesOf({ value, key }: Reply): number {
  return value.length + (key?.length ?? 0);
}
