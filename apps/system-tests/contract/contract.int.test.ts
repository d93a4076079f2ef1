// The HTTP contract as its clients meet it: over sockets, in front of several processes of each API.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPublisher } from "@millrace/kafka/publish";
import { connectPostgres } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { type ApiClient, clientOf, type Operation } from "./api-client.ts";
import { type System, startSystem } from "./system.ts";
import { topicReaderOf } from "./topic-reader.ts";

/** Two cores start seven processes, among other tests' ones. */
const START_WITHIN_MS = 180_000;
const TEST_WITHIN_MS = 60_000;
/** Each look reads whole topics. */
const PUBLISHED = { withinMs: 50_000, everyMs: 200 };
const WAIT = { minVersion: 1, wait: 30_000 };

let system: System;
let commands: ApiClient;
let queries: ApiClient;

beforeAll(async () => {
  system = await startSystem();
  commands = await clientOf(system.commandApis[0]);
  queries = await clientOf(system.queryApis[0]);
}, START_WITHIN_MS);

afterAll(() => system?.stop(), TEST_WITHIN_MS);

type Aggregate = (typeof shop.aggregates)[number];

let made = 0;

/** One that can be read, made by its aggregate's own example under an id that nothing else has. */
async function oneOf(aggregate: Aggregate): Promise<string> {
  const { plural } = aggregate;
  const { id, ...body } = creationOf(aggregate);
  await commands.call("postCommands", { body });
  const read = `get${plural[0]?.toUpperCase()}${plural.slice(1)}ById`;
  await queries.call(read, { path: { id }, query: WAIT });
  return id;
}

function creationOf({ creation, reference }: Aggregate) {
  const [word = "id"] = Object.keys(reference.words);
  const id = `contract-${made++}`;
  return { id, type: creation?.name ?? "", payload: { ...(creation?.example as object), [word]: id } };
}

async function aCustomer(): Promise<string> {
  const id = crypto.randomUUID();
  await commands.call("postOrders", { body: { customer: id, items: ["pen"] } });
  await eventually(async () => {
    expect((await queries.call("getCustomersById", { path: { id } })).status).toBe(200);
  });
  return id;
}

async function aPayment(): Promise<string> {
  const { body } = await commands.call("postOrders", { body: { amount: 500 } });
  await queries.call("getPaymentsById", { path: { id: body.id }, query: WAIT });
  return body.id;
}

/** With a delivery in its log that is tried again later: one that is being sent can't be retried meanwhile. */
async function anEndpoint(): Promise<{ id: string; delivery: string }> {
  const [body] = Object.values(examplesOf(commands, "postWebhooks"));
  const { id } = (await commands.call("postWebhooks", { body })).body;
  const test = await commands.call("postWebhooksByIdTest", { path: { id } });
  await eventually(async () => {
    const log = await queries.call("getWebhooksByIdDeliveries", { path: { id } });
    expect(log.body).toMatchObject([{ id: test.body.id, triedAt: expect.any(String) }]);
  });
  return { id, delivery: test.body.id };
}

async function aSubmittedCommand(): Promise<string> {
  const [body] = Object.values(examplesOf(commands, "postOrders"));
  const { headers } = await commands.call("postOrders", { body, headers: { Prefer: "respond-async" } });
  return headers.get("location")?.split("/").at(-1) ?? "";
}

function examplesOf({ operations }: ApiClient, operationId: string): Readonly<Record<string, unknown>> {
  return operations.find((operation) => operation.operationId === operationId)?.examples ?? {};
}

/** What the path needs, made anew for each call. */
async function pathOf({ path }: Operation): Promise<Record<string, string>> {
  if (path.startsWith("/customers/{id}")) return { id: await aCustomer() };
  if (path.startsWith("/payments/{id}")) return { id: await aPayment() };
  if (path.startsWith("/commands/{id}")) return { id: await aSubmittedCommand() };
  if (path.startsWith("/webhooks/{id}")) return await anEndpoint();
  if (path.startsWith("/problems/{code}")) return { code: "stale_version" };
  const aggregate = shop.aggregates.find(({ plural }) => path.startsWith(`/${plural}/{id}`));
  if (aggregate) return { id: await oneOf(aggregate) };
  const model = shop.readModels.find(({ name }) => path.startsWith(`/${name}/{id}`));
  return model ? { id: await shownBy(model) } : {};
}

/** Under the id of a stream that it is made of, as a new read model has it. */
async function shownBy({ name, sources }: ReadModel): Promise<string> {
  const [source] = sources;
  const maker = shop.aggregates.find((each) => each.name === source?.category);
  if (!maker) throw new Error(`Nothing makes what ${name} shows`);
  const id = await oneOf(maker);
  const read = `get${name[0]?.toUpperCase()}${name.slice(1)}ById`;
  await eventually(async () => expect((await queries.call(read, { path: { id } })).status).toBe(200));
  return id;
}

describe("a client made from /openapi.json alone", () => {
  test.each(["commands", "queries"] as const)(
    "is served by every operation of the %s, with each of its examples",
    async (which) => {
      const client = which === "commands" ? commands : queries;
      expect(client.operations.length).toBeGreaterThan(10);
      // What a signature opens is asked where its secret is: callback-routes.int.
      for (const operation of client.operations.filter(({ access }) => access !== "signature")) {
        const bodies = Object.entries(operation.examples);
        for (const [example, body] of bodies.length > 0 ? bodies : [["", undefined]]) {
          const asked = { path: await pathOf(operation), ...(body === undefined ? {} : { body }) };
          const { status } = await client.call(operation.operationId, asked);
          const served = Object.keys(operation.responses)
            .map(Number)
            .filter((one) => one < 400);
          expect([operation.operationId, example, served]).toEqual([
            operation.operationId,
            example,
            expect.arrayContaining([status]),
          ]);
        }
      }
    },
    TEST_WITHIN_MS,
  );

  test(
    "reads back what it wrote, changes it once, and is told of what can't be",
    async () => {
      const [body] = Object.values(examplesOf(commands, "postOrders"));
      const keyed = { body, headers: { "Idempotency-Key": crypto.randomUUID() } };
      const created = await commands.call("postOrders", keyed);
      const again = await commands.call("postOrders", keyed);
      expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([created.body, "true"]);

      const path = { id: created.body.id };
      const etag = created.headers.get("etag") ?? "";
      const patch = { path, body: { status: "shipped" }, headers: { "If-Match": etag } };
      expect((await commands.call("patchOrdersById", patch)).body).toMatchObject({
        status: "SHIPPED",
        version: 2,
      });
      expect((await commands.call("patchOrdersById", patch)).body).toMatchObject({ code: "stale_version" });

      const read = await queries.call("getOrdersById", { path, query: { ...WAIT, minVersion: 2 } });
      expect(read.body).toMatchObject({ ...(body as object), status: "SHIPPED" });
      const known = { "If-None-Match": read.headers.get("etag") ?? "" };
      expect((await queries.call("getOrdersById", { path, headers: known })).status).toBe(304);

      const submitted = await commands.call("deleteOrdersById", {
        path,
        headers: { Prefer: "respond-async" },
      });
      await queries.call("getOrdersById", { path, query: { ...WAIT, minVersion: 3 } });
      const outcome = await commands.call("getCommandsById", { path: { id: submitted.body.id } });
      expect(outcome.body).toMatchObject({ status: "accepted" });
      expect((await queries.call("getOrdersById", { path })).body).toMatchObject({ code: "order_not_found" });
    },
    TEST_WITHIN_MS,
  );
});

describe("a client made from /asyncapi.json alone", () => {
  // Seen to fail with headers of another schema version.
  test(
    "knows each stored event on its topic by one message, headers and data",
    async () => {
      for (const aggregate of shop.aggregates) if (aggregate.creation) await oneOf(aggregate);
      const { sql } = connectPostgres({ url: system.databaseUrl, name: "contract-test", connectionsMax: 1 });
      const stored = await sql<
        { id: string; message: string }[]
      >`select stream || '@' || version as id, type || '.v' || schema_version as message from events`;
      await sql.end();
      expect(stored.length).toBeGreaterThan(0);
      const reader = await topicReaderOf(system.commandApis[0], system.kafka);
      await eventually(async () => {
        const read = (await Promise.all(reader.published.map((topic) => reader.read(topic)))).flat();
        const known = new Map(read.map(({ headers, messages }) => [headers.ce_id, messages]));
        expect(stored.map(({ id }) => [id, known.get(id)])).toEqual(
          stored.map(({ id, message }) => [id, [message]]),
        );
      }, PUBLISHED);
    },
    TEST_WITHIN_MS,
  );

  test(
    "sends commands by Kafka, and knows each reply by one message",
    async () => {
      const reader = await topicReaderOf(system.commandApis[0], system.kafka);
      const { address, examples } = reader.commands;
      const run = crypto.randomUUID();
      const replyTo = `contract-replies-${run}`;
      const admin = system.kafka.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: replyTo, numPartitions: 1 }], waitForLeaders: true });
      const publisher = createPublisher(system.kafka);
      const headers = { "reply-to": replyTo, "correlation-id": run };
      const created = shop.aggregates.flatMap((each) => (each.creation ? creationOf(each) : []));
      expect(examples.map(({ type }) => type)).toEqual(created.map(({ type }) => type));
      const sent = [...created, { type: "nameless", payload: {} }];
      await publisher.publish(
        sent.map((command) => ({ topic: address, key: run, value: JSON.stringify(command), headers })),
      );
      await publisher.publish([
        {
          ...{ topic: address, key: run, value: "nothing" },
          headers: { kafka_replyTopic: replyTo, kafka_correlationId: run },
        },
      ]);
      await eventually(async () => {
        const replies = await reader.read(replyTo, "replies");
        expect(replies.map(({ key, messages }) => [key, messages])).toEqual([
          ...created.map(() => [run, ["accepted"]]),
          [run, ["rejected"]],
          [run, ["rejected"]],
        ]);
      }, PUBLISHED);
      await publisher.disconnect();
      await admin.deleteTopics({ topics: [replyTo] });
      await admin.disconnect();
    },
    TEST_WITHIN_MS,
  );
});

describe("over two processes of the command API", () => {
  const RACERS = 200;
  const HOLDERS = 50;

  test(
    "201: 200 racing requests with one key make one order and one answer, 199 of them replayed",
    async () => {
      const customer = `racer-${crypto.randomUUID()}`;
      const headers = { "content-type": "application/json", "idempotency-key": customer };
      const body = JSON.stringify({ customer, items: ["pen"] });
      const responses = await Promise.all(
        Array.from({ length: RACERS }, (_, index) =>
          fetch(`${system.commandApis[index % 2]}/orders`, { method: "POST", headers, body }),
        ),
      );
      const answers = await Promise.all(responses.map((response) => response.text()));
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(answers).size).toBe(1);
      const replayed = responses.filter(
        (response) => response.headers.get("idempotency-replayed") === "true",
      );
      expect(replayed).toHaveLength(RACERS - 1);
      const { id } = JSON.parse(answers[0] ?? "");
      await queries.call("getOrdersById", { path: { id }, query: WAIT });
      expect((await queries.call("getOrders", { query: { customer } })).body).toMatchObject([{ id }]);
    },
    TEST_WITHIN_MS,
  );

  test(
    "412: of 50 who race with one version, one wins and 49 are told that theirs is stale",
    async () => {
      const id = await oneOf(shop.aggregates.find(({ plural }) => plural === "orders") as Aggregate);
      const responses = await Promise.all(
        Array.from({ length: HOLDERS }, (_, index) =>
          fetch(`${system.commandApis[index % 2]}/orders/${id}`, {
            method: "PATCH",
            headers: { "content-type": "application/json", "if-match": '"1"' },
            body: JSON.stringify({ customer: `holder-${index}` }),
          }),
        ),
      );
      const statuses = responses.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(HOLDERS - 1);
      const history = await queries.call("getOrdersByIdHistory", { path: { id } });
      expect(history.body.map(({ type }: { type: string }) => type)).toEqual([
        "OrderCreated",
        "OrderChanged",
      ]);
    },
    TEST_WITHIN_MS,
  );
});

test(
  "over two processes of the query API each shows a write to who waits for its version",
  async () => {
    for (let round = 0; round < 10; round++) {
      const [body] = Object.values(examplesOf(commands, "postOrders"));
      const { body: order } = await commands.call("postOrders", { body });
      const reads = system.queryApis.map((api) => fetch(`${api}/orders/${order.id}?minVersion=1&wait=30000`));
      const statuses = (await Promise.all(reads)).map(({ status }) => status);
      expect(statuses).toEqual([200, 200]);
    }
  },
  TEST_WITHIN_MS,
);

test("who asked is shown in the history", async () => {
  const [body] = Object.values(examplesOf(commands, "postOrders"));
  const headers = { "X-Actor": "carol", "X-Correlation-Id": "import-7", "X-Request-Id": "line-3" };
  const { body: order } = await commands.call("postOrders", { body, headers });
  const history = await queries.call("getOrdersByIdHistory", { path: { id: order.id } });
  expect(history.body).toMatchObject([{ actor: "carol", correlationId: "import-7", causationId: "line-3" }]);
});
