// Commands from Kafka, with a real broker: taken once, answered where they ask, never in each other's way.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createIntake } from "@millrace/commands/intake";
import { createReplies, type Reply } from "@millrace/commands/replies";
import { createReplyTopics } from "@millrace/commands/reply-topics";
import { testRecord } from "@millrace/commands/testing/test-record";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import type { Consumer, ReceivedBatch } from "@millrace/kafka/consume";
import { consumeEach } from "@millrace/kafka/consume-each";
import { createPublisher, type OutgoingRecord, type Publisher } from "@millrace/kafka/publish";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { createTopicPartitions, type TopicPartitions } from "@millrace/kafka/topic-partitions";
import { readConfig } from "@millrace/platform/config";
import { Failure } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, postgresFailure } from "@millrace/platform/postgres";
import type { LoneRecord } from "@millrace/projector/lone-letters";
import type { Appender } from "@millrace/store/appender";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { shop } from "../shop.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const log = createLog("intake-test", "silent");
const repliesTopic = "command-replies";
let api: TestApi;
let publisher: Publisher;
let topicPartitions: TopicPartitions;
let consumers: Consumer[] = [];
const park = async () => {};
const replies: ReceivedRecord[] = [];

beforeAll(async () => {
  const stack = await testStack();
  api = await startTestApi();
  const kafka = createKafka({ names: shop.kafkaNames, brokers: stack.brokers, clientId: "intake-test", log });
  await ensureTopics(kafka, shop.topicSizing(readConfig({})));
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: repliesTopic, numPartitions: 1 }], waitForLeaders: false });
  await eventually(() => admin.fetchTopicMetadata({ topics: [repliesTopic] }));
  await admin.disconnect();
  publisher = createPublisher(kafka);
  await publisher.connect();
  topicPartitions = createTopicPartitions(kafka);
  const { send } = createReplies({
    replyTopics: createReplyTopics({ own: [shop.kafkaNames.commandsTopic] }),
    publisher,
    publisherInTrouble: publisher,
    partitionsOf: topicPartitions.count,
    log,
    observe() {},
  });
  const collect = async ({ records }: ReceivedBatch<ReceivedRecord>) => {
    replies.push(...records);
    return undefined;
  };
  consumers = [
    consumeEach(kafka, {
      groupId: stack.uniqueName("intake"),
      topics: [shop.kafkaNames.commandsTopic],
      log,
      handle: createIntake({ ...api, log, park, reply: send }),
    }),
    consumeEach(kafka, {
      groupId: stack.uniqueName("replies"),
      topics: [repliesTopic],
      log,
      handle: collect,
    }),
  ];
  for (const consumer of consumers) consumer.start();
}, 60_000);

afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await publisher?.disconnect();
  await topicPartitions?.stop();
  await api?.stop();
}, 30_000);

function command(
  value: unknown,
  headers: Record<string, string> = {},
  key: string | null = null,
): OutgoingRecord {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { topic: shop.kafkaNames.commandsTopic, key, value: text, headers };
}

/** The reply with this correlation id. */
function reply(correlationId: string, at = 0) {
  return eventually(
    () => {
      const found = replies.filter(({ headers }) => headers["correlation-id"] === correlationId)[at];
      expect(found).toBeDefined();
      return JSON.parse(found?.value ?? "null");
    },
    { withinMs: 20_000 },
  );
}

const ask = (correlationId: string) => ({ "reply-to": repliesTopic, "correlation-id": correlationId });

test("H: a CREATE_ORDER from any client becomes an order and is replied to", async () => {
  const sent = { type: "CREATE_ORDER", data: { orderId: "77", product: "Mouse", quantity: 3 } };
  await publisher.publish([command(sent, ask("h"))]);
  expect(await reply("h")).toMatchObject({ status: "accepted", id: "77", version: 1 });
  expect(await api.events("order-77")).toMatchObject([
    {
      type: "OrderCreated",
      data: { written: { orderId: "77", product: "Mouse", quantity: 3 } },
      metadata: {
        correlationId: "h",
        causationId: expect.stringMatching(/^kafka\/orders-commands\/\d+\/\d+$/),
      },
    },
  ]);
});

test("a refused command is replied to with its problem", async () => {
  await publisher.publish([command({ type: "shipOrder", data: { orderId: "nobody" } }, ask("refused"))]);
  expect(await reply("refused")).toMatchObject({ status: "rejected", problem: { code: "order_not_found" } });
});

test("messages that can't be read are answered, and stop nobody behind them", async () => {
  await publisher.publish([
    command("not json", ask("bad-1"), "one"),
    command({ type: "launchRocket", data: {} }, ask("bad-2"), "one"),
    command({ type: "createUser", data: { id: "behind", name: "Alice" } }, ask("good"), "one"),
  ]);
  expect(await reply("bad-1")).toMatchObject({ status: "rejected", problem: { code: "body_invalid" } });
  expect(await reply("bad-2")).toMatchObject({ problem: { errors: [{ pointer: "/type" }] } });
  expect(await reply("good")).toMatchObject({ status: "accepted", id: "behind" });
});

test("a reply that nobody can receive stops nobody behind it", async () => {
  await publisher.publish([
    command({ type: "createUser", data: { id: "r1", name: "A" } }, { "reply-to": "no such topic!" }, "two"),
    command({ type: "createUser", data: { id: "r2", name: "A" } }, { "reply-to": "no-such-topic" }, "two"),
  ]);
  await publisher.publish([
    command({ type: "createUser", data: { id: "r3", name: "A" } }, ask("after"), "two"),
  ]);
  expect(await reply("after")).toMatchObject({ status: "accepted", id: "r3" });
});

test("commands of one key are decided in their order", async () => {
  const on = (type: string) => command({ type, data: { orderId: "k" } }, ask(type), "k");
  await publisher.publish([
    command({ type: "createOrder", data: { orderId: "k", product: "pen", quantity: 1 } }, {}, "k"),
    on("shipOrder"),
    on("deliverOrder"),
  ]);
  expect(await reply("deliverOrder")).toMatchObject({ status: "accepted", version: 3 });
});

test("an idempotency-key header makes two messages one command", async () => {
  const sent = { type: "createOrder", data: { customer: "Once", items: ["pen"] } };
  const headers = { ...ask("once"), "idempotency-key": "once" };
  await publisher.publish([command(sent, headers, "once"), command(sent, headers, "once")]);
  const [first, second] = [await reply("once"), await reply("once", 1)];
  expect(second).toEqual(first);
});

test("a traceparent header is kept with the events, a malformed one is nothing", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const create = (id: string) => ({ type: "createUser", data: { id, name: "A" } });
  await publisher.publish([
    command(create("traced"), { ...ask("traced"), traceparent }),
    command(create("untraced"), { ...ask("untraced"), traceparent: "00-zz" }),
  ]);
  expect(await reply("traced")).toMatchObject({ status: "accepted" });
  expect(await reply("untraced")).toMatchObject({ status: "accepted" });
  expect(await api.events("user-traced")).toMatchObject([{ metadata: { traceparent } }]);
  expect((await api.events("user-untraced"))[0]?.metadata).not.toHaveProperty("traceparent");
});

// Seen to fail while an envelope's id was only echoed: four orders.
test("the same envelope id is one command, however often it is delivered, and by HTTP as well", async () => {
  const sent = { type: "createOrder", id: "evt-1", data: { customer: "Envelope", items: ["pen"] } };
  await publisher.publish([1, 2, 3, 4].map(() => command(sent, ask("evt-1"))));
  const first = await reply("evt-1");
  expect(first).toMatchObject({ status: "accepted", commandId: "evt-1", version: 1 });
  for (const at of [1, 2, 3]) expect(await reply("evt-1", at)).toEqual(first);
  const { data, ...rest } = sent;
  for (const body of [{ data, ...rest }, [sent]]) {
    const answer = await api.send("POST", "/commands", body);
    expect([answer.status, [answer.body].flat()[0].id]).toEqual([201, first.id]);
  }
  const other = await api.send("POST", "/commands", {
    ...sent,
    data: { customer: "Envelope", items: ["ink"] },
  });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
  const [row] = await api.sql`select count(*)::int as n from events where data ->> 'customer' = 'Envelope'`;
  expect(row?.n).toBe(1);
});

// Seen to fail with the message's text as the request: 422 for the second, and a second order for the third.
test("under an idempotency key members in another order, and a header that is doubled, are the same command", async () => {
  const key = ["idempotency-key", "reordered"] as const;
  const values = [
    '{"type":"createOrder","data":{"customer":"Reordered","items":["pen"]}}',
    ' { "data": {"items":["pen"], "customer":"Reordered"}, "type":"createOrder" }',
  ];
  const sent: Reply[] = [];
  const intake = createIntake({
    ...api,
    log,
    park,
    reply: async (some) => {
      sent.push(...some);
    },
  });
  const replyTo = ["reply-to", "t"] as const;
  const headers = [
    [key, replyTo],
    [replyTo, key],
    [key, key, replyTo, replyTo],
  ];
  const records = headers.map((own, n) =>
    testRecord({ value: values[n % 2] ?? null, headers: own, offset: 900_010 + n }),
  );
  await intake({ ...batchOf(), records });
  expect(sent.map(({ value }) => value)).toEqual(Array.from({ length: 3 }, () => sent[0]?.value ?? ""));
  const [row] = await api.sql`select count(*)::int as n from events where data ->> 'customer' = 'Reordered'`;
  expect(row?.n).toBe(1);
});

function record(offset: number, value: unknown, headers: Record<string, string> = {}): ReceivedRecord {
  return { partition: 0, offset, key: null, headers, value: JSON.stringify(value), timestamp: "1000" };
}

function batchOf(...records: ReceivedRecord[]): ReceivedBatch<ReceivedRecord> {
  return {
    topic: shop.kafkaNames.commandsTopic,
    partition: 0,
    records,
    fetchedOffset: 0,
    nextOffset: 0,
    highWatermark: 0,
    isStale: () => false,
  };
}

test("a redelivered record takes effect once and is replied to again in the same words", async () => {
  const sent: Reply[] = [];
  const intake = createIntake({
    ...api,
    log,
    park,
    reply: async (some) => {
      sent.push(...some);
    },
  });
  const batch = batchOf(
    record(900_001, { type: "createOrder", data: { amount: 7.01 } }, { "reply-to": "t" }),
  );
  await intake(batch);
  await intake(batch);
  expect(sent[1]).toEqual(sent[0] as Reply);
  const [row] = await api.sql`select count(*)::int as n from events where (data ->> 'amount')::int = 701`;
  expect(row?.n).toBe(1);
});

test("the same offset of a topic that was created anew is another command", async () => {
  const intake = createIntake({ ...api, log, park, reply: async () => {} });
  const first = record(900_002, { type: "createUser", data: { id: "anew-1", name: "A" } });
  const anew = {
    ...record(900_002, { type: "createUser", data: { id: "anew-2", name: "A" } }),
    timestamp: "2000",
  };
  await intake(batchOf(first));
  await intake(batchOf(anew));
  expect((await api.events("user-anew-2")).length).toBe(1);
});

/** An intake over an appender of its own. */
function intakeWith(append: Appender["append"]) {
  const { store } = api.executor;
  const sent: Reply[] = [];
  const parked: LoneRecord[] = [];
  const executor = { ...api.executor, store: { ...store, appender: { ...store.appender, append } } };
  const intake = createIntake({
    ...api,
    executor,
    log,
    park: async (_, records) => {
      parked.push(...records);
    },
    reply: async (some) => {
      sent.push(...some);
    },
  });
  return { intake, sent, parked, append: store.appender.append };
}

const userCommand = (type: string, id: string) => ({
  type,
  data: { id, ...(type === "deleteUser" ? {} : { name: "A" }) },
});

// Seen to fail: the delete was refused for a user that was not there yet, and the user stayed.
test.each(["key", "stream"])(
  "commands of one %s wait behind one that is put off, and the others go on",
  async (kind) => {
    let room = false;
    const [slow, other] = [`slow-${kind}`, `other-${kind}`];
    const { intake, sent, parked } = intakeWith((asked) =>
      asked.stream === `user-${slow}` && !room
        ? Promise.reject(new Failure("append_queue_full", "no room", true))
        : api.executor.store.appender.append(asked),
    );
    const key = kind === "key" ? slow : null;
    const [first, behind, free] = ["createUser", "deleteUser", "createUser"].map((type, n) => ({
      ...record((kind === "key" ? 910_000 : 911_000) + n, userCommand(type, n === 2 ? other : slow), {
        "reply-to": "t",
        "correlation-id": String(n),
      }),
      key: n === 2 ? null : key,
    })) as [ReceivedRecord, ReceivedRecord, ReceivedRecord];
    const left = await intake(batchOf(first, behind, free));
    expect(left?.map((one) => one.record)).toEqual([first, behind]);
    expect(sent.map(({ headers }) => String(headers["correlation-id"]))).toEqual(["2"]);
    room = true;
    expect(await intake(batchOf(first, behind))).toBeUndefined();
    expect((await api.events(`user-${slow}`)).map(({ type }) => type)).toEqual([
      "UserCreated",
      "UserDeleted",
    ]);
    expect(parked).toEqual([]);
  },
);

// Seen to fail: SQLSTATE 57014 parked the command at once, and its sender was told that it was rejected.
test.each(["57014", "25006", "53100", "53200", "53400", "55P03", "58030", "57P01"])(
  "what Postgres refuses in passing (%s) is waited out, however often",
  async (code) => {
    const { intake, sent, parked } = intakeWith(() =>
      Promise.reject(postgresFailure("appending", Object.assign(new Error("passing"), { code }))),
    );
    const batch = batchOf(record(920_000, userCommand("createUser", "passing"), { "reply-to": "t" }));
    for (let tries = 0; tries < 10; tries++)
      await expect(intake(batch)).rejects.toMatchObject({ retryable: true });
    expect([sent, parked]).toEqual([[], []]);
  },
);

// Seen to fail: `postgres_failed` counted as known, so that the first try was the last.
test("what Postgres refuses for a reason that is new to us is tried for some seconds before it is parked", async () => {
  const { intake, parked } = intakeWith(() =>
    Promise.reject(postgresFailure("appending", Object.assign(new Error("new"), { code: "XX999" }))),
  );
  const batch = batchOf(record(920_001, userCommand("createUser", "unknown")));
  for (let tries = 1; tries < 7; tries++)
    await expect(intake(batch)).rejects.toMatchObject({ code: "postgres_failed" });
  await intake(batch);
  expect(parked).toMatchObject([{ mustKeep: true, cause: "appending: new" }]);
});

test("a command whose event is too large is answered so each time, and neither parked nor tried again", async () => {
  const { intake, sent, parked } = intakeWith(() =>
    Promise.reject(new Failure("event_too_large", "1,249,634 bytes", false)),
  );
  const batch = batchOf(record(920_002, userCommand("createUser", "large"), { "reply-to": "t" }));
  for (let n = 0; n < 2; n++) expect(await intake(batch)).toBeUndefined();
  expect(sent[1]).toEqual(sent[0] as Reply);
  expect(JSON.parse(sent[0]?.value ?? "")).toMatchObject({ status: "rejected", problem: { status: 413 } });
  expect(parked).toEqual([]);
});

test("while Postgres is away a batch is handed back whole, to be tried again", async () => {
  const { sql } = connectPostgres({
    url: "postgres://a:b@127.0.0.1:1/none",
    name: "test",
    connectionsMax: 1,
  });
  const { createCommandApi } = await import("@millrace/commands/command-api");
  const { createMetrics } = await import("@millrace/platform/metrics");
  const away = createCommandApi({
    aggregates: shop.aggregates,
    kafka: { prefix: "", names: shop.kafkaNames },
    settings: { currency: "USD" },
    config: readConfig({}),
    sql,
    log,
    metrics: createMetrics("test"),
  });
  const sent: Reply[] = [];
  const intake = createIntake({
    ...away,
    log,
    park,
    reply: async (some) => {
      sent.push(...some);
    },
  });
  const batch = batchOf(record(1, { type: "createUser", data: { id: "x", name: "A" } }, { "reply-to": "t" }));
  await expect(intake(batch)).rejects.toMatchObject({ code: "postgres_unavailable" });
  expect(sent).toEqual([]);
});

// Seen to fail while such a sender counted as anybody: the order was there.
test("where callers are asked, a command of a topic that nobody is known by is refused, and its sender hears why", async () => {
  const sent: Reply[] = [];
  const handle = createIntake({
    ...api,
    senderBy: () => undefined,
    log,
    park: async (_, records) => expect(records).toEqual([]),
    reply: async (all) => void sent.push(...all),
  });
  const command = { type: "createOrder", data: { orderId: "of-nobody", amount: 1 } };
  await handle(batchOf(record(1, command, { "reply-to": "t" })));
  expect(JSON.parse(sent[0]?.value ?? "")).toMatchObject({
    status: "rejected",
    problem: { code: "credentials_required" },
  });
  expect(await api.events("order-of-nobody")).toEqual([]);
});

test("a sender that is known by its topic is who gave the command", async () => {
  const till = { role: "service", subject: "till", scopes: ["orders:write"], authn: "kafka" } as const;
  const handle = createIntake({
    ...api,
    senderBy: () => till,
    log,
    park: async () => {},
    reply: async () => {},
  });
  const command = { type: "createOrder", data: { orderId: "of-till", amount: 1 } };
  await handle(batchOf(record(1, command, { actor: "payments" })));
  const [event] = await api.events("order-of-till");
  expect(event?.metadata).toMatchObject({ actor: "service:till", authn: "kafka" });
  expect(event?.metadata).not.toHaveProperty("onBehalfOf");
});
