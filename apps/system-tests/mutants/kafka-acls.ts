import type { Mutant } from "./mutant.ts";

const TABLE = {
  file: "shared/engine/rights/kafka-matrix.ts",
  test: "shared/engine/rights/kafka-matrix.test.ts",
} as const;
const BROKER = { test: "apps/system-tests/kafka-acls.int.test.ts" } as const;

export const kafkaAclsMutants: readonly Mutant[] = [
  {
    ...TABLE,
    name: "processes may write events to Kafka",
    from: "projector: READ,\n        processes: READ,",
    to: `projector: READ,\n        processes: ["Read", "Write"],`,
    killedBy: "lets the relay alone write events",
  },
  {
    ...TABLE,
    name: "whoever makes replies may make commands",
    from: '"command-api": ["Read", "DescribeConfigs"]',
    to: '"command-api": ["Read", "Write", "DescribeConfigs"]',
    killedBy: "lets nobody of ours write commands, and who looks at them and the command API read them",
  },
  {
    ...TABLE,
    name: "the projector may take over the processes' group",
    from: "rights: { processes: READ, ...lookers",
    to: "rights: { processes: READ, projector: READ, ...lookers",
    killedBy: "lets each group's own app read by it, and nobody else",
  },
  {
    ...TABLE,
    name: "ops may delete topics",
    from: 'const LOOK: readonly Operation[] = ["Read", "DescribeConfigs"]',
    to: 'const LOOK: readonly Operation[] = ["Read", "Delete", "DescribeConfigs"]',
    killedBy: "lets nobody delete a topic, and only the migration make those of events and commands",
  },
  {
    ...TABLE,
    name: "the ACLs of an installation with a prefix are for topics without",
    from: 'literal("topic", topicInKafka(named, topic))',
    to: 'literal("topic", topic)',
    killedBy: "has a new aggregate's topic without being told, under the installation's prefix",
  },
  {
    ...BROKER,
    name: "an app's ACLs allow every operation",
    file: "shared/engine/kafka/acls.ts",
    from: "operation: OPERATIONS[operation],",
    to: "operation: AclOperationTypes.ALL,",
    killedBy: "may do with each topic and group what the table says, and nothing else",
  },
  {
    ...BROKER,
    name: "who lacks a right in Kafka is not said",
    file: "shared/engine/kafka/missing-right.ts",
    from: "if (!isKafkaError(error, REFUSALS)) return undefined;",
    to: "if (principal) return undefined;",
    killedBy: "to write to a topic",
  },
];
