// The intake on real Kafka while Postgres ends its sessions and cancels its statements, over and over.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createIntake } from "@millrace/commands/intake";
import { createParkedCommands } from "@millrace/commands/parked-commands";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { consumeEach } from "@millrace/kafka/consume-each";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { shop } from "../shop.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const ORDERS = 300;
/** Longest time, in ms, for which Postgres is in trouble: most batches meet it, many of them more than once. */
const TROUBLE_MS = 4_000;
const log = createLog("intake-outage-test", "silent");
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api?.stop());

// Seen to fail: an order whose creation was put off was cancelled first, which was refused, and stayed CREATED.
test("while sessions end and statements are cancelled, no order is left without the cancellation behind it", async () => {
  const stack = await testStack();
  const kafka = createKafka({
    names: shop.kafkaNames,
    brokers: stack.brokers,
    clientId: "intake-outage-test",
    log,
  });
  const topic = stack.uniqueName("commands");
  await createTopic(kafka, topic, 2);
  const publisher = createPublisher(kafka);
  const { sql } = connectPostgres({ url: api.databaseUrl, name: "trouble", connectionsMax: 1 });
  const consumer = consumeEach(kafka, {
    groupId: stack.uniqueName("intake"),
    topics: [topic],
    log,
    handle: createIntake({
      ...api,
      log,
      reply: async () => {},
      park: createParkedCommands(api.db, log).park,
    }),
  });
  consumer.start();

  const command = (type: string, orderId: string, more: object = {}) => ({
    topic,
    key: orderId,
    value: JSON.stringify({ type, data: { orderId, ...more } }),
    headers: {},
  });
  let over = false;
  const trouble = (async () => {
    for (let round = 0; !over; round++) {
      const end = round % 2 === 0 ? sql`pg_terminate_backend(pid)` : sql`pg_cancel_backend(pid)`;
      await sql`
        select ${end} from pg_stat_activity
        where application_name = 'command-api-test' and datname = current_database()`;
      await Bun.sleep(25);
    }
  })();
  const endsAt = Date.now() + TROUBLE_MS;
  for (let n = 0; n < ORDERS; n += 10) {
    const ids = Array.from({ length: 10 }, (_, index) => `pair-${n + index}`);
    await publisher.publish([
      ...ids.map((id) => command("createOrder", id, { product: "pen", quantity: 1 })),
      ...ids.map((id) => command("cancelOrder", id)),
    ]);
    await Bun.sleep(Math.max(0, (endsAt - Date.now()) / ((ORDERS - n) / 10)));
  }
  over = true;
  await trouble;

  const types = () => sql`
    select type, count(*)::int as n from events where stream like 'order-pair-%' group by type order by type`;
  await eventually(
    async () =>
      expect([...(await types())]).toEqual([
        { type: "OrderCancelled", n: ORDERS },
        { type: "OrderCreated", n: ORDERS },
      ]),
    { withinMs: 20_000 },
  );
  expect([...(await sql`select cause from dead_letters`)]).toEqual([]);
  await consumer.stop();
  await publisher.disconnect();
  await sql.end();
}, 60_000);
