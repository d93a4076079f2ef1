// How pages read topics: with a bound on the time, and one problem for a topic that is not there.
import { type Browsed, browseTopic } from "@millrace/kafka/browse";
import { describeTopic, type TopicDescription } from "@millrace/kafka/topics";
import { Failure } from "@millrace/platform/failure";
import { askKafka, type Sources } from "../sources.ts";

/** Time, in ms, after which a search answers what it has found so far, and where to go on. */
const READ_WITHIN_MS = 6_000;
/** Time, in ms, for all of it: joining Kafka and leaving it come on top. */
const ANSWER_WITHIN_MS = 15_000;

/** @throws Failure `topic_not_found`, `kafka_unavailable` */
export async function knownTopic({ kafka }: Sources, topic: string): Promise<TopicDescription> {
  const known = await askKafka(`describing ${topic}`, describeTopic(kafka, topic));
  if (!known) throw new Failure("topic_not_found", `There is no topic ${topic}`, false);
  return known;
}

type Wish = Omit<Parameters<typeof browseTopic>[1], "log" | "signal">;

/** @throws Failure `kafka_unavailable` */
export function readTopic({ kafka, log }: Sources, wish: Wish): Promise<Browsed> {
  const signal = AbortSignal.timeout(READ_WITHIN_MS);
  return askKafka(`reading ${wish.topic}`, browseTopic(kafka, { ...wish, log, signal }), ANSWER_WITHIN_MS);
}
