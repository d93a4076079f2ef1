// Made again from two topics' streams, and compared with what two topics' partitions have made.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { openBench } from "@millrace/audit/expected";
import type { StoredEvent } from "@millrace/events/envelope";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { toRecord } from "@millrace/kafka/event-record";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { claimCheckpoint } from "@millrace/projector/checkpoint";
import { projectionHandler } from "@millrace/projector/projection-handler";
import { createTask } from "@millrace/projector/task";
import type { ReadModel } from "@millrace/read-models/read-model";
import { dropCopies, goBack } from "@millrace/rebuild/manage";
import { rebuild } from "@millrace/rebuild/rebuild";
import { testStack } from "@millrace/testing/stack";
import { newestEntries } from "@millrace/trail/list";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { storedEvents } from "../../order/testing/order-lives.ts";
import { customersModel } from "./model.ts";

const log = createLog("customers-test", "silent");
let sql: Sql;
let db: Database;
let databaseUrl: string;
let kafka: KafkaClient;
let model: ReadModel;
let drop: () => Promise<void>;

const create = (orderId: string, customer: string) =>
  ({ type: "CreateOrder", orderId, customer, lines: [], amount: 500, currency: "USD", written: {} }) as const;
const events: readonly StoredEvent[] = [
  ...storedEvents("a", [create("a", "1")]),
  ...storedEvents("b", [
    create("b", "1"),
    { type: "ChangeOrder", customer: "2", lines: [], amount: 500, written: {} },
  ]),
  {
    ...(storedEvents("c", [create("c", "1")])[0] as StoredEvent),
    ...{ stream: "user-1", type: "UserCreated", schemaVersion: 1, data: '{"id":1,"name":"Alice"}' },
  },
];

beforeAll(async () => {
  const stack = await testStack();
  const database = await stack.freshDatabase();
  databaseUrl = database.url;
  ({ sql, db } = connectPostgres({ url: database.url, name: "customers-test", connectionsMax: 4 }));
  kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "customers-test", log });
  const sources = customersModel.sources.map((source) => ({
    ...source,
    topic: stack.uniqueName(source.topic),
  }));
  model = { ...customersModel, sources };
  const publisher = createPublisher(kafka);
  for (const { topic, category } of sources) {
    await createTopic(kafka, topic, 1);
    const own = events.filter(({ stream }) => stream.startsWith(`${category}-`));
    for (const event of own) {
      const { stream, version, type, schemaVersion, at, metadata, data } = event;
      await sql`insert into events (stream, version, type, schema_version, at, metadata, data)
        values (${stream}, ${version}, ${type}, ${schemaVersion}, ${at}, ${JSON.stringify(metadata)}::text::json,
          ${data}::text::json)`;
      await publisher.publish([{ ...toRecord(event), topic }]);
    }
    const records = own.map((event, offset) => {
      const { key, value, headers } = toRecord(event);
      return {
        partition: 0,
        offset,
        key,
        value: value ?? null,
        headers: headers as Record<string, string>,
        timestamp: "0",
      };
    });
    const checkpoint = await claimCheckpoint(
      db,
      { projection: "customers", topic, partition: 0 },
      "a worker",
    );
    const handler = projectionHandler(model, {
      name: model.name,
      source: { ...customersModel.sources[0], topic } as never,
      log,
    });
    await createTask({ db, handler, checkpoint, parked: new Set(), attemptsMax: 1, post() {} }).handle(
      records,
    );
  }
  await publisher.disconnect();
  drop = database.drop;
}, 60_000);
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await drop();
});

const shown = async () => {
  const reader = { sql, currency: "USD" };
  return (await customersModel.shown.list(reader, { limit: 9 })).documents.map((text) => JSON.parse(text));
};
const loader = new URL("../../testing/loader.ts", import.meta.url);
const tools = () => ({ sql, databaseUrl, loader, kafka, model, log, by: NOBODY, onProgress() {} });

test("what a row of two topics must be is seen by the audit, and made again by a rebuild; back to wrong sums leads no way", async () => {
  const right = await shown();
  expect(right).toMatchObject([
    { id: "2", orders: 1, amount: 5 },
    { id: "1", name: "Alice", orders: 1, amount: 5 },
  ]);
  const bench = openBench(databaseUrl);
  expect(await bench.differences(model, events)).toEqual([]);
  expect((await rebuild({ ...tools(), switch: false, acceptDifferences: false })).outcome).toMatchObject({
    differences: [],
    sums: [],
  });
  await dropCopies(tools());

  await sql`update customer_sources set customer = '1' where id = 'order-b'`;
  await sql`update customers set orders = 2, amount = 1000 where id = '1'`;
  expect(await bench.differences(model, events)).toMatchObject([{ id: "order-b", kind: "different" }]);
  await bench.end();
  const refused = await rebuild({ ...tools(), switch: true, acceptDifferences: false });
  expect(refused.outcome).toMatchObject({ switched: false, differences: [{ id: "order-b" }] });
  expect(refused.comparison.sums.live).toEqual([expect.stringContaining("customers 2")]);
  const mended = await rebuild({ ...tools(), switch: true, acceptDifferences: true });
  expect(mended.outcome).toMatchObject({ switched: true });
  expect(await shown()).toEqual(right);
  expect((await goBack({ ...tools(), acceptDifferences: true })).outcome.switched).toBe(false);
  // The trail keeps what came about: the switch that was refused is none, though it was asked for.
  expect((await newestEntries(sql, 9)).map(({ act }) => act).reverse()).toEqual([
    "projection.rebuild",
    "projection.drop",
    "projection.rebuild",
    "projection.rebuild",
    "projection.switch",
  ]);
}, 60_000);
