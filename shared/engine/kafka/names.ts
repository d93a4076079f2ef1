// What our topics and groups are called in Kafka. Inside, a topic has the name that the contract gives it, and so have
// checkpoints and idempotency keys; MILLRACE_KAFKA_PREFIX stands before it in Kafka alone. Other people's topics, those of
// replies among them, keep their names.
import { COMMANDS_TOPIC, EVENT_TOPICS, GROUPS, INSTALLATION_TOPIC } from "@millrace/shop/topics";

/** As a Kafka client has it. */
export interface Named {
  /** Stands before the names of our topics and of all our groups. */
  readonly prefix: string;
}

const OURS: ReadonlySet<string> = new Set([
  ...Object.values(EVENT_TOPICS),
  COMMANDS_TOPIC,
  INSTALLATION_TOPIC,
]);

const OUR_GROUPS: ReadonlySet<string> = new Set(Object.values(GROUPS));

/** The name in Kafka of a topic that is called so inside, or by somebody who has seen it in Kafka. */
export function topicInKafka({ prefix }: Named, topic: string): string {
  return OURS.has(topic) ? prefix + topic : topic;
}

/** And back. */
export function topicFromKafka({ prefix }: Named, topic: string): string {
  const name = topic.slice(prefix.length);
  return topic.startsWith(prefix) && OURS.has(name) ? name : topic;
}

/** Topics of ours by both of their names: nobody but us may write there by us. */
export function ourTopics(named: Named): string[] {
  return [...OURS].flatMap((topic) => [topic, topicInKafka(named, topic)]);
}

/** A group's name inside where it is one that the contract names. */
export function groupFromKafka({ prefix }: Named, groupId: string): { group: string; ours: boolean } {
  const group = groupId.slice(prefix.length);
  const ours = groupId.startsWith(prefix) && OUR_GROUPS.has(group);
  return { group: ours ? group : groupId, ours };
}

export function groupInKafka({ prefix }: Named, group: string): string {
  return prefix + group;
}
