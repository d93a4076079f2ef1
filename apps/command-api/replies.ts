// Replies to commands from Kafka. A reply that nobody can receive must not hold up the commands after it.
import type { OutgoingRecord, Publisher } from "@millrace/kafka/publish";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";

export type Reply = OutgoingRecord;

/** Longest time for which a topic that could not be written to is passed over. */
const PASSED_OVER_MS = 60_000;
/** Topics remembered as unusable: senders make their names up. */
const PASSED_OVER_MAX = 1_000;
/** Kafka's own rule for names of topics. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
/** What Kafka says of a topic that won't take the reply however often it is sent. */
const HOPELESS = /does not host this topic|invalid topic|not authorized|larger than the max/i;

/** Sends replies. @throws Failure `kafka_unavailable` where the broker is away. */
export function createReplies(
  publisher: Publisher,
  log: Log,
  now: () => number = Date.now,
): (replies: readonly Reply[]) => Promise<void> {
  const passedOverUntil = new Map<string, number>();
  const passOver = (topic: string, reason: string) => {
    log.warn({ topic, reason }, "reply can't be sent");
    if (passedOverUntil.size >= PASSED_OVER_MAX) passedOverUntil.clear();
    passedOverUntil.set(topic, now() + PASSED_OVER_MS);
  };
  const isUsable = (topic: string) => TOPIC_NAME.test(topic) && (passedOverUntil.get(topic) ?? 0) <= now();

  return async (replies) => {
    // One topic at a time: an unusable one would fail the others with it.
    const byTopic = Map.groupBy(replies, (reply) => reply.topic);
    for (const [topic, ofTopic] of byTopic) {
      if (!isUsable(topic)) {
        log.debug({ topic, replies: ofTopic.length }, "replies passed over");
        continue;
      }
      try {
        await publisher.publish(ofTopic);
      } catch (error) {
        if (!HOPELESS.test(describe(error))) throw error;
        passOver(topic, describe(error));
      }
    }
  };
}
