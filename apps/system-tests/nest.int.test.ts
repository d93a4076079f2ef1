// A NestJS client as its documentation has it, against a command API as it is run. Nothing is prepared for the client but
// what the migration makes.
import { shop } from "@millrace/shop/shop";
import "reflect-metadata";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ClientKafka } from "@nestjs/microservices";
import { firstValueFrom, lastValueFrom, timeout } from "rxjs";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import type { Child } from "@millrace/local/child";
import { type Guard, startGuard } from "@millrace/local/guard";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { startApp } from "./start-app.ts";

/** Longest time, in ms, that the client waits for a reply; an intake that has just joined its group takes seconds. */
const ANSWER_MS = 20_000;

let guard: Guard;
let commandApi: Child;
let database: { url: string; drop(): Promise<void> };
let sql: Sql;
let client: ClientKafka;

beforeAll(async () => {
  const stack = await testStack();
  database = await stack.freshDatabase();
  ({ sql } = connectPostgres({ url: database.url, name: "nest-test", connectionsMax: 1 }));
  const log = createLog("nest-test", "silent");
  await ensureTopics(
    createKafka({ names: shop.kafkaNames, brokers: stack.brokers, clientId: "nest-test", log }),
    shop.topicSizing(readConfig({})),
  );
  guard = startGuard();
  const app = await startApp("command-api", {
    guard,
    environment: { DATABASE_URL: database.url, KAFKA_BROKERS: stack.brokers.join(",") },
    line() {},
  });
  commandApi = app.child;
  client = new ClientKafka({
    client: { clientId: "nest", brokers: stack.brokers, logLevel: 0 },
    consumer: { groupId: stack.uniqueName("nest") },
  });
  client.subscribeToResponseOf(shop.kafkaNames.commandsTopic);
  await client.connect();
  await eventually(
    async () => {
      const readiness = (await (await fetch(`${app.url}/readyz`)).json()) as object;
      expect(readiness).toMatchObject({ intake: "consuming" });
    },
    { withinMs: 30_000 },
  );
}, 60_000);

afterAll(async () => {
  await client?.close();
  await commandApi?.stop(15_000);
  await guard?.close();
  await sql?.end({ timeout: 1 });
  await database?.drop();
}, 30_000);

const order = (orderId: string) => ({
  type: "CREATE_ORDER",
  data: { orderId, product: "Mouse", quantity: 3 },
});
const send = (command: unknown) =>
  client.send(shop.kafkaNames.commandsTopic, command).pipe(timeout(ANSWER_MS));

// Seen to fail: without the topic its connect threw, and with it the promise timed out.
test("send() resolves to what became of the command, and ends", async () => {
  expect(await firstValueFrom(send(order("nest-1")))).toMatchObject({
    status: "accepted",
    id: "nest-1",
    version: 1,
  });
  expect(await lastValueFrom(send(order("nest-2")))).toMatchObject({ status: "accepted", id: "nest-2" });
});

test("send() of a command that is refused, or can't be read, ends with its problem", async () => {
  const refused = send({ type: "shipOrder", data: { orderId: "nobody" } });
  await expect(firstValueFrom(refused)).rejects.toMatchObject({ status: 404, code: "order_not_found" });
  await expect(firstValueFrom(send({ type: "launchRocket" }))).rejects.toMatchObject({
    code: "body_invalid",
  });
});

test("emit() is carried out, and answered to nobody", async () => {
  await lastValueFrom(client.emit(shop.kafkaNames.commandsTopic, order("nest-3")));
  await eventually(
    async () => expect(await sql`select type from events where stream = 'order-nest-3'`).toHaveLength(1),
    { withinMs: ANSWER_MS },
  );
});
