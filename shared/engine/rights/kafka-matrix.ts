// Who may do what in Kafka: the least that each app needs, in one place, made of the names that a shop has there. `migrate`
// makes the ACLs, `ops kafka acls` shows them, and a test tries them. Must never let an app write what another one writes.
import { CLUSTER, type Operation, type Resource } from "@millrace/kafka/acls";
import {
  commandsReplyTopic,
  eventTopics,
  GROUPS,
  groupInKafka,
  INSTALLATION_TOPIC,
  type Named,
  PASSING_GROUPS,
  topicInKafka,
} from "@millrace/kafka/names";
import { APPS } from "@millrace/platform/apps";

/** Who signs in to Kafka: the apps, and the migration, which makes topics and ACLs. The query API never does. */
export const KAFKA_LOGINS = ["migrate", ...APPS.filter((app) => app !== "query-api")] as const;

export type KafkaLogin = (typeof KAFKA_LOGINS)[number];

export interface KafkaRightsOf {
  readonly named: Named;
  /** Where replies may go beside the commands' own reply topic: MILLRACE_REPLY_TOPICS. */
  readonly replyTopics: readonly string[];
}

export interface KafkaRow {
  readonly resource: Resource;
  readonly rights: Readonly<Partial<Record<KafkaLogin, readonly Operation[]>>>;
}

/** Describe comes with Read, Write and Delete; DescribeConfigs with nothing. */
const READ: readonly Operation[] = ["Read"];
/** For those who show a topic to people. */
const LOOK: readonly Operation[] = ["Read", "DescribeConfigs"];
const MAKE: readonly Operation[] = ["Create", "Describe"];

/** No row has a transactional id: nothing of ours writes in Kafka's transactions, nor as an idempotent producer. */
export function kafkaMatrix({ named, replyTopics }: KafkaRightsOf): KafkaRow[] {
  const { names, prefix } = named;
  const ours = (topic: string) => literal("topic", topicInKafka(named, topic));
  const group = (name: string) => literal("group", groupInKafka(named, name));
  const lookers = (rights: readonly Operation[]) => ({ console: rights, ops: rights });
  return [
    ...eventTopics(names).map((topic) => ({
      resource: ours(topic),
      rights: {
        migrate: MAKE,
        // It reads what it may have written before a restore of the store.
        relay: ["Read", "Write"],
        projector: READ,
        processes: READ,
        ...lookers(LOOK),
      } as const,
    })),
    {
      resource: ours(names.commandsTopic),
      rights: { migrate: MAKE, "command-api": ["Read", "DescribeConfigs"], ...lookers(LOOK) },
    },
    {
      resource: literal("topic", prefix + commandsReplyTopic(names)),
      rights: { migrate: MAKE, "command-api": ["Write"], ...lookers(LOOK) },
    },
    ...replyTopics.map((said) => ({
      resource: upToStar(said),
      rights: { "command-api": ["Write"] } as const,
    })),
    {
      resource: ours(INSTALLATION_TOPIC),
      rights: {
        ...all(READ),
        migrate: ["Create", "Read", "Write"],
        // `ops installation --take`
        ops: ["Create", "Read", "Write", "DescribeConfigs"],
        console: LOOK,
      },
    },
    { resource: group(GROUPS.commands), rights: { "command-api": READ, ...lookers(["Describe"]) } },
    { resource: group(GROUPS.projector), rights: { projector: READ, ...lookers(["Describe"]) } },
    ...names.processGroups.map((name) => ({
      resource: group(name),
      rights: { processes: READ, ...lookers(["Describe"]) } as const,
    })),
    // Each has a random name, and is deleted at its reading's end.
    { resource: { ...group(PASSING_GROUPS), pattern: "prefixed" }, rights: all(["Read", "Delete"]) },
    // Alter makes ACLs; Describe reads them, and lists the groups.
    {
      resource: literal("cluster", CLUSTER),
      rights: { migrate: ["Alter", "Describe"], ops: ["Describe"] },
    },
  ];
}

function literal(type: Resource["type"], name: string): Resource {
  return { type, name, pattern: "literal" };
}

/** ACLs know a star at the end alone: what stands behind an earlier one is left to the command API. */
function upToStar(said: string): Resource {
  const [name = "", ...more] = said.split("*");
  if (more.length === 0) return literal("topic", name);
  return name === "" ? literal("topic", "*") : { type: "topic", name, pattern: "prefixed" };
}

function all(rights: readonly Operation[]): Record<KafkaLogin, readonly Operation[]> {
  return Object.fromEntries(KAFKA_LOGINS.map((login) => [login, rights])) as Record<
    KafkaLogin,
    readonly Operation[]
  >;
}
