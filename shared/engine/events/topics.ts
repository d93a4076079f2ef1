// Where a category's events go on Kafka: one rule, so that no list of topics can be out of step with the aggregates.
const SUFFIX = "-events";

/** The topic that carries the streams of a category, without an installation's prefix. Storage format. */
export function topicOf(category: string): string {
  return category + SUFFIX;
}

/** @throws for a topic that is none of events */
export function categoryOf(topic: string): string {
  if (topic.endsWith(SUFFIX)) return topic.slice(0, -SUFFIX.length);
  throw new Error(`No category of streams has the topic ${topic}`);
}
