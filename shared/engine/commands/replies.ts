// Replies to commands from Kafka. Each reply topic has a lane of its own: one that is gone, full or slow delays no other topic's
// replies, and the commands only for a moment. Must never hold more replies than its bounds allow.
import type { OutgoingRecord, Publisher } from "@millrace/kafka/publish";
import type { Log } from "@millrace/platform/log";
import { createReplyLane, type ReplyLane, type ReplyLaneOptions } from "./reply-lane.ts";
import type { ReplyTopics } from "./reply-topics.ts";

export interface Reply extends OutgoingRecord {
  /** The outcome without the result, for a topic that takes no record of this size. */
  readonly short: string;
}

/** `refused`: nothing may be sent to the topic. `dropped`: the reply could not be sent. */
export type ReplyOutcome = "sent" | "refused" | "dropped";

/** Longest time, in ms, that commands wait for their replies to be stored: a healthy broker takes a few. */
const WAIT_MOST_MS = 2_000;
/** Most topics with a lane. Clients have a few dozen; a sender could make up any number of names. */
const LANES_MAX = 200;
/** Characters of a refused name in the log; no topic's name has more. */
const TOPIC_SHOWN_MAX = 250;
/** Most bytes of replies that all lanes hold: some tens of thousands of replies. */
const HELD_BYTES_MAX = 16_000_000;

export interface RepliesOptions {
  readonly replyTopics: ReplyTopics;
  readonly publisher: Publisher;
  /** For topics in trouble, over connections of its own: a broker answers the requests of a connection one after the other. */
  readonly publisherInTrouble: Publisher;
  readonly partitionsOf: ReplyLaneOptions["partitionsOf"];
  readonly log: Log;
  observe(outcome: ReplyOutcome, replies: number): void;
}

export interface Replies {
  /** Resolves once the replies are stored, or after WAIT_MOST_MS: the commands must not wait longer. */
  send(replies: readonly Reply[]): Promise<void>;
  /** Waits for WAIT_MOST_MS at most, and drops the replies that are not sent by then. */
  stop(): Promise<void>;
}

export function createReplies(options: RepliesOptions): Replies {
  const { log, observe, replyTopics } = options;
  const lanes = new Map<string, ReplyLane>();
  const heldBytes = () => lanes.values().reduce((sum, lane) => sum + lane.heldBytes(), 0);

  const laneOf = (topic: string): ReplyLane => {
    const found = lanes.get(topic);
    if (found) return found;
    if (lanes.size >= LANES_MAX) giveUpOne();
    const made = createReplyLane(topic, options);
    lanes.set(topic, made);
    return made;
  };
  /** Ends a lane with nothing to send, else the oldest that is in trouble, else the oldest. */
  const giveUpOne = () => {
    const all = [...lanes];
    const one =
      all.find(([, lane]) => lane.heldBytes() === 0) ?? all.find(([, lane]) => lane.isInTrouble()) ?? all[0];
    if (!one) return;
    one[1].stop("too many topics are waiting for replies");
    lanes.delete(one[0]);
  };

  return {
    async send(replies) {
      const waits: Promise<void>[] = [];
      for (const [topic, ofTopic] of Map.groupBy(replies, (reply) => reply.topic)) {
        const refused = replyTopics(topic);
        if (refused !== undefined) {
          log.warn(
            { topic: topic.slice(0, TOPIC_SHOWN_MAX), replies: ofTopic.length, reason: refused },
            "replies refused, so their senders get none",
          );
          observe("refused", ofTopic.length);
        } else if (heldBytes() > HELD_BYTES_MAX) {
          log.warn(
            { topic, replies: ofTopic.length },
            "replies dropped, so their senders get none: this process holds as many bytes of replies as it may",
          );
          observe("dropped", ofTopic.length);
        } else waits.push(laneOf(topic).offer(ofTopic));
      }
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, WAIT_MOST_MS);
      await Promise.race([Promise.all(waits), late.promise]);
      clearTimeout(timer);
    },
    async stop() {
      await Promise.race([Promise.all(lanes.values().map((lane) => lane.idle())), Bun.sleep(WAIT_MOST_MS)]);
      for (const lane of lanes.values()) lane.stop("the process stops");
    },
  };
}
