// What our topics and groups are called in Kafka. Inside, a topic has the name that the contract gives it, and so have
// checkpoints and idempotency keys; MILLRACE_KAFKA_PREFIX stands before it in Kafka alone. Other people's topics, those of
// replies among them, keep their names.
import { topicOf } from "@millrace/events/topics";

/** What a shop brings to Kafka. */
export interface KafkaNames {
  /** Of its streams; each has a topic. */
  readonly categories: readonly string[];
  /** Commands for the intake, from any Kafka client. */
  readonly commandsTopic: string;
  /** Consumer groups of its processes. */
  readonly processGroups: readonly string[];
}

/** For a client of what belongs to nobody here, such as a test's own topics. */
export const NO_NAMES: KafkaNames = { categories: [], commandsTopic: "", processGroups: [] };

/** As a Kafka client has it. */
export interface Named {
  /** Stands before the names of our topics and of all our groups. */
  readonly prefix: string;
  readonly names: KafkaNames;
}

/** Where an installation says that Kafka's topics and groups under these names are its own. */
export const INSTALLATION_TOPIC = "millrace-installation";

/** Consumer groups of the engine's own. Names are storage format: the place in the commands' topic is kept under one. */
export const GROUPS = { projector: "projector", commands: "command-api" } as const;

/** With what the names of groups begin that are deleted at the end of one reading; a random word follows. */
export const PASSING_GROUPS = "ops-";

/** For replies to clients that have made no topic for them. NestJS' client waits for its replies under this name. */
export function commandsReplyTopic({ commandsTopic }: KafkaNames): string {
  return `${commandsTopic}.reply`;
}

export function eventTopics({ categories }: KafkaNames): string[] {
  return categories.map(topicOf);
}

function isOurs({ names }: Named, topic: string): boolean {
  if (topic === names.commandsTopic || topic === INSTALLATION_TOPIC) return true;
  return names.categories.some((category) => topic === topicOf(category));
}

/** The name in Kafka of a topic that is called so inside, or by somebody who has seen it in Kafka. */
export function topicInKafka(named: Named, topic: string): string {
  return isOurs(named, topic) ? named.prefix + topic : topic;
}

/** And back. */
export function topicFromKafka(named: Named, topic: string): string {
  const name = topic.slice(named.prefix.length);
  return topic.startsWith(named.prefix) && isOurs(named, name) ? name : topic;
}

/** Topics of ours by both of their names: nobody but us may write there by us. */
export function ourTopics(named: Named): string[] {
  const ours = [...eventTopics(named.names), named.names.commandsTopic, INSTALLATION_TOPIC];
  return ours.flatMap((topic) => [topic, topicInKafka(named, topic)]);
}

/** A group's name inside where it is one that the contract names. */
export function groupFromKafka(named: Named, groupId: string): { group: string; ours: boolean } {
  const group = groupId.slice(named.prefix.length);
  const known = [...Object.values(GROUPS), ...named.names.processGroups];
  const ours = groupId.startsWith(named.prefix) && known.includes(group);
  return { group: ours ? group : groupId, ours };
}

export function groupInKafka({ prefix }: Named, group: string): string {
  return prefix + group;
}
