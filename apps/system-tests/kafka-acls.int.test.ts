// What each app may do in Kafka and what not, by trying all of it as each of them at a real broker with its authorizer.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Operation, type Resource, readAcls } from "@millrace/kafka/acls";
import { createTopic, ensureTopics } from "@millrace/kafka/admin";
import { createConsumer } from "@millrace/kafka/consume";
import { INSTALLATION_TOPIC } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { deleteTopic, recordsKeptMs } from "@millrace/kafka/topics";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { grantKafkaRights, readKafkaRights } from "@millrace/rights/grant-kafka";
import { KAFKA_LOGINS, kafkaMatrix } from "@millrace/rights/kafka-matrix";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { attemptsOf } from "./kafka-attempts.ts";
import { runOps } from "./ops/run-ops.ts";
import { type SecuredKafka, type Somebody, startSecuredKafka } from "./secured-kafka.ts";

// Seen to fail with mutants/kafka-acls.ts.
const log = createLog("kafka-acls-test", "silent");
const config = readConfig({ MILLRACE_REPLY_TOPICS: "answers-*" });
const matrix = kafkaMatrix({
  named: { prefix: "", names: shop.kafkaNames },
  replyTopics: config.MILLRACE_REPLY_TOPICS,
});

let kafka: SecuredKafka;

beforeAll(async () => {
  kafka = await startSecuredKafka();
  // As who sets the cluster up does it, once; all else the migration may do itself.
  await granted(asked("admin"));
  await ensureTopics(kafka.clientOf("migrate"), shop.topicSizing(config));
  await createTopic(kafka.clientOf("migrate"), INSTALLATION_TOPIC, 1, { "cleanup.policy": "compact" });
  await createTopic(kafka.clientOf("admin"), "answers-x", 1);
});

afterAll(async () => {
  await kafka.stop();
});

function asked(who: Somebody, principals?: string) {
  return { kafka: kafka.clientOf(who), config: { ...config, KAFKA_PRINCIPALS: principals } };
}

/** A broker knows of ACLs a moment after they are made. */
async function granted(options: ReturnType<typeof asked>): Promise<void> {
  await grantKafkaRights(options);
  await eventually(async () => expect((await readKafkaRights(options)).missing).toEqual([]));
}

test("`ops kafka acls` names what is missing, makes it once, and has nothing to say after", async () => {
  const principals = "User:south-{app}";
  const ops = (...words: readonly string[]) => {
    const own = {
      KAFKA_PRINCIPALS: principals,
      MILLRACE_REPLY_TOPICS: "answers-*",
      ...kafka.variablesOf("admin"),
    };
    // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
    return runOps({ ...process.env, ...own }, "kafka", "acls", ...words);
  };
  const before = await ops("--json");
  expect(before.code).toBe(1);
  expect(before.json.commands.join("\n")).toContain(
    "--allow-principal 'User:south-relay' --operation Read --operation Write --topic 'order-events'",
  );
  await ops("--apply");
  await granted(asked("ops", principals));
  expect(await ops()).toMatchObject({ code: 0, out: expect.stringContaining("The brokers have all of it.") });
});

test("`ops kafka acls` finds nothing wrong with brokers that let everybody do everything, and says that they do", async () => {
  const { brokers } = await testStack();
  // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
  const environment = { ...process.env, KAFKA_BROKERS: brokers.join(",") };
  const out = expect.stringContaining("These brokers have no authorizer");
  expect(await runOps(environment, "kafka", "acls")).toMatchObject({ code: 0, out });
});

test("the migration makes ACLs by its own rights, those that are missing", async () => {
  await granted(asked("migrate", "User:north-{app}"));
  expect(await grantKafkaRights(asked("migrate", "User:north-{app}"))).toBe(0);
});

const OPERATIONS: Readonly<Record<Resource["type"], readonly Operation[]>> = {
  topic: ["Read", "Write", "Create", "Delete", "Describe", "DescribeConfigs"],
  group: ["Read", "Delete", "Describe"],
  cluster: ["Alter", "Describe"],
  "transactional-id": ["Write"],
};
const FOREIGN: readonly Resource[] = [
  { type: "topic", name: "somebodys-events", pattern: "literal" },
  { type: "group", name: "somebody", pattern: "literal" },
  { type: "transactional-id", name: "projector", pattern: "literal" },
];

/** Kafka lets a principal that may read, write, delete or alter a resource describe it as well. */
function expected(rights: readonly Operation[], operation: Operation): boolean {
  return operation === "Describe"
    ? rights.some((right) => right !== "Create" && right !== "DescribeConfigs")
    : rights.includes(operation);
}

describe.each(KAFKA_LOGINS)("%s", (user) => {
  test("may do with each topic and group what the table says, and nothing else", async () => {
    const attempts = await attemptsOf(kafka.clientOf(user));
    const wrong: string[] = [];
    const rows = [
      ...matrix,
      ...FOREIGN.map((resource) => ({ resource, rights: {} as (typeof matrix)[0]["rights"] })),
    ];
    for (const { resource, rights } of rows) {
      for (const operation of OPERATIONS[resource.type]) {
        const name = resource.pattern === "prefixed" ? `${resource.name}x` : resource.name;
        const isLet = await attempts.lets(operation, { type: resource.type, name });
        if (isLet !== expected(rights[user] ?? [], operation))
          wrong.push(`${operation} ${resource.type} ${name}: ${isLet ? "let" : "refused"}`);
      }
    }
    expect(wrong).toEqual([]);
    await attempts.stop();
  });
});

describe("a right that is missing is named, with who lacks it", () => {
  test("to write to a topic", async () => {
    const publisher = createPublisher(kafka.clientOf("projector"));
    await expect(
      publisher.publish([{ topic: "order-events", key: "1", value: "{}", headers: {} }]),
    ).rejects.toThrow(
      "User:millrace-projector has no right to write to topic order-events: `bun run ops kafka acls` names",
    );
    await publisher.disconnect();
  });

  test("to read a topic", async () => {
    await troubleOf("migrate", { groupId: "ops-x", topics: ["order-events"] }, "read topic order-events");
    await troubleOf("relay", { groupId: "ops-x", topics: ["orders-commands"] }, "see topic orders-commands");
  });

  test("to read as a group of another's", async () => {
    await troubleOf("projector", { groupId: "payments", topics: ["order-events"] }, "read as group payments");
  });

  test("to delete a topic, to see its settings, and to read ACLs", async () => {
    await expect(deleteTopic(kafka.clientOf("console"), "order-events")).rejects.toThrow(
      "User:millrace-console has no right to delete topic order-events",
    );
    await expect(recordsKeptMs(kafka.clientOf("projector"), "order-events")).rejects.toThrow(
      "User:millrace-projector has no right to see the settings of topic order-events",
    );
    await expect(readAcls(kafka.clientOf("relay"), ["User:millrace-relay"])).rejects.toThrow(
      "User:millrace-relay has no right to see the ACLs",
    );
  });
});

/** Resolves once a consumer that can't read says that for want of this right. */
async function troubleOf(
  who: Somebody,
  of: { groupId: string; topics: readonly string[] },
  right: string,
): Promise<void> {
  const consumer = createConsumer(kafka.clientOf(who), { ...of, log, handle: () => Promise.resolve(true) });
  consumer.start();
  await eventually(async () => {
    expect(consumer.trouble()?.reason).toContain(`User:millrace-${who} has no right to ${right}: `);
  });
  await consumer.stop();
}
