// For tests: single requests to a broker that ask for one right each, whatever client would send them. What is let changes
// nothing but that a record more may stand in a topic.
import type { Operation, Resource } from "@millrace/kafka/acls";
import type { KafkaClient } from "@millrace/kafka/client";
import { isKafkaError } from "@millrace/kafka/failure";

/** What is used of kafkajs' connection to one broker. */
interface Broker {
  metadata(topics: readonly string[]): Promise<unknown>;
  fetch(request: object): Promise<unknown>;
  produce(request: object): Promise<unknown>;
  createTopics(request: object): Promise<unknown>;
  deleteTopics(request: object): Promise<unknown>;
  describeConfigs(request: object): Promise<unknown>;
  heartbeat(request: object): Promise<unknown>;
  describeGroups(request: object): Promise<unknown>;
  deleteGroups(groupIds: readonly string[]): Promise<{ results: readonly { error?: Error }[] }>;
  initProducerId(request: object): Promise<unknown>;
  createAcls(request: object): Promise<unknown>;
  describeAcls(request: object): Promise<unknown>;
}

export interface Attempts {
  /** Whether Kafka let it. @throws what it says that is no word on rights, nor follows from there being nothing */
  lets(operation: Operation, resource: Pick<Resource, "type" | "name">): Promise<boolean>;
  stop(): Promise<void>;
}

const NO_RIGHT = [
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
];
/** What Kafka says to somebody who has the right, of a topic or group that is not there, or that is. */
const NOTHING_THERE = [
  "UNKNOWN_TOPIC_OR_PARTITION",
  "TOPIC_ALREADY_EXISTS",
  "UNKNOWN_MEMBER_ID",
  "GROUP_ID_NOT_FOUND",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
];
const [TOPIC, ANY, ALLOW, LITERAL] = [2, 1, 3, 3];

export async function attemptsOf(kafka: KafkaClient): Promise<Attempts> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
  await producer.connect();
  // Which our patch of kafkajs hands out beside its producer.
  const { cluster } = producer as typeof producer & {
    readonly cluster: {
      refreshMetadata(): Promise<void>;
      findBroker(of: { nodeId: number }): Promise<Broker>;
    };
  };
  await cluster.refreshMetadata();
  const broker = await cluster.findBroker({ nodeId: 1 });
  return {
    lets: (operation, resource) => isLet(REQUESTS[resource.type][operation]?.(broker, resource.name)),
    stop: () => producer.disconnect(),
  };
}

async function isLet(asked: Promise<unknown> | undefined): Promise<boolean> {
  if (asked === undefined) throw new Error("nothing asks for that");
  try {
    await asked;
    return true;
  } catch (error) {
    if (isKafkaError(error, NO_RIGHT)) return false;
    if (isKafkaError(error, NOTHING_THERE)) return true;
    throw error;
  }
}

type Request = (broker: Broker, name: string) => Promise<unknown>;

const partition = { partition: 0, fetchOffset: "0", maxBytes: 1_024 };
const record = { key: "1", value: "{}", headers: {} };

const REQUESTS: Readonly<Record<Resource["type"], Partial<Record<Operation, Request>>>> = {
  topic: {
    Describe: (broker, topic) => broker.metadata([topic]),
    Read: (broker, topic) => broker.fetch({ maxWaitTime: 1, topics: [{ topic, partitions: [partition] }] }),
    Write: (broker, topic) =>
      broker.produce({
        acks: -1,
        topicData: [{ topic, partitions: [{ partition: 0, messages: [record] }] }],
      }),
    Create: (broker, topic) =>
      broker.createTopics({
        topics: [{ topic, numPartitions: 1, replicationFactor: 1, replicaAssignment: [], configEntries: [] }],
        validateOnly: true,
      }),
    Delete: (broker, topic) => broker.deleteTopics({ topics: [topic] }),
    DescribeConfigs: (broker, name) => broker.describeConfigs({ resources: [{ type: TOPIC, name }] }),
  },
  group: {
    Describe: (broker, groupId) => broker.describeGroups({ groupIds: [groupId] }),
    Read: (broker, groupId) => broker.heartbeat({ groupId, groupGenerationId: 1, memberId: "nobody" }),
    Delete: async (broker, groupId) => {
      const { results } = await broker.deleteGroups([groupId]);
      if (results[0]?.error) throw results[0].error;
    },
  },
  "transactional-id": {
    Write: (broker, transactionalId) => broker.initProducerId({ transactionalId, transactionTimeout: 1_000 }),
  },
  cluster: {
    Describe: (broker) => broker.describeAcls({ ...ANYTHING, resourcePatternType: ANY, operation: ANY }),
    Alter: (broker) => broker.createAcls({ acl: [SOMETHING] }),
  },
};

const ANYTHING = { resourceType: ANY, permissionType: ANY };
const SOMETHING = {
  resourceType: TOPIC,
  resourceName: "somebodys-topic",
  resourcePatternType: LITERAL,
  principal: "User:somebody",
  host: "*",
  operation: 3,
  permissionType: ALLOW,
};
