// Replies to commands from Kafka. Each topic has a lane of its own, so that one that is gone, full or slow holds up
// neither the others' replies nor, for longer than a moment, the commands. Must never hold more than its bounds say.
import type { OutgoingRecord, Publisher } from "@millrace/kafka/publish";
import type { Log } from "@millrace/platform/log";
import { createReplyLane, type ReplyLane, type ReplyLaneOptions } from "./reply-lane.ts";
import type { ReplyTopics } from "./reply-topics.ts";

export interface Reply extends OutgoingRecord {
  /** The same outcome in few words, for a topic that does not take a record of this size. */
  readonly short: string;
}

/** What became of replies: `refused` may not be sent there, `dropped` could not be. */
export type ReplyOutcome = "sent" | "refused" | "dropped";

/** Longest time, in ms, that commands wait for their replies to be stored: a healthy broker takes a few. */
const WAIT_MOST_MS = 2_000;
/** Topics with a lane. Senders make names up; a shop's clients have a few dozen. */
const LANES_MAX = 200;
/** Characters of a refused name in the log: longer ones are no names of topics. */
const TOPIC_SHOWN_MAX = 250;
/** Bytes of replies that all lanes hold: some tens of thousands of them. */
const HELD_BYTES_MAX = 16_000_000;

export interface RepliesOptions {
  readonly replyTopics: ReplyTopics;
  readonly publisher: Publisher;
  /** Sends for topics in trouble, over connections of its own: a broker answers one request after the other. */
  readonly publisherInTrouble: Publisher;
  readonly partitionsOf: ReplyLaneOptions["partitionsOf"];
  readonly log: Log;
  observe(outcome: ReplyOutcome, replies: number): void;
}

export interface Replies {
  /** Resolves once the replies are stored, or it is clear that the commands had better not wait for it. */
  send(replies: readonly Reply[]): Promise<void>;
  /** Lets go what is not sent by then. */
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
  /** One with nothing to send, else the oldest that is in trouble, else the oldest. */
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
            "replies refused",
          );
          observe("refused", ofTopic.length);
        } else if (heldBytes() > HELD_BYTES_MAX) {
          log.warn({ topic, replies: ofTopic.length }, "replies dropped: too much waits to be sent already");
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
