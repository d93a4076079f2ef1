import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { startGuard } from "./guard.ts";
import { startPostgres } from "./postgres.ts";

const log = createLog("infrastructure-test", "silent");

test("what Postgres committed survives kill -9, and it says that it is durable", async () => {
  const stack = await testStack();
  const database = await stack.freshDatabase();
  const before = connectPostgres({ url: database.url, name: "before", connectionsMax: 1 }).sql;
  const [settings] = await before`
    select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
           current_setting('server_encoding') as encoding`;
  expect(settings).toEqual({ fsync: "on", commit: "on", encoding: "UTF8" });
  await before`create table kept (n int)`;
  await before`insert into kept values (1)`;

  await stack.postgres.kill();
  await before.end({ timeout: 1 });
  await stack.postgres.start();

  const after = connectPostgres({ url: database.url, name: "after", connectionsMax: 1 }).sql;
  expect(await after`select n from kept`).toMatchObject([{ n: 1 }]);
  await after.end();
  await database.drop();
});

test("its Unix-domain socket leads to the same Postgres, again after kill -9, and takes no path that is too long or has a comma", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-socket-"));
  chmodSync(directory, 0o755);
  const guard = startGuard();
  guard.removeAtEnd(directory);
  const server = await startPostgres({ directory: join(directory, "near"), guard });
  const [near, far] = [server.nearUrl, server.url].map(
    (url) => connectPostgres({ url, name: "socket-test", connectionsMax: 1 }).sql,
  ) as [Sql, Sql];
  await far`create table kept (n int)`;
  const by = async (sql: Sql) => {
    const [row] = await sql`select inet_server_addr() as address, (select count(*)::int from kept) as kept`;
    return row;
  };
  expect([await by(near), await by(far)]).toEqual([
    { address: null, kept: 0 },
    { address: "127.0.0.1", kept: 0 },
  ]);
  await server.kill();
  await server.start();
  await eventually(async () => expect((await by(near))?.kept).toBe(0));
  await Promise.all([near.end({ timeout: 1 }), far.end({ timeout: 1 }), server.kill()]);

  for (const name of ["d".repeat(100), "jörg, büro"]) {
    const unreachable = await startPostgres({ directory: join(directory, name), guard });
    expect(unreachable.nearUrl).toBe(unreachable.url);
    await unreachable.kill();
  }
  await guard.close();
});

test("a topic and its records survive Kafka's kill -9", async () => {
  const stack = await testStack();
  const topic = stack.uniqueName("kept");
  await withKafka(stack.brokers, async ({ admin, producer }) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }], acks: -1 });
  });

  await stack.kafka.kill();
  await stack.kafka.start();

  await withKafka(stack.brokers, async ({ admin }) => {
    // A broker that answers may not know yet that it leads: NOT_LEADER_FOR_PARTITION, which clients ask again after.
    await eventually(async () => {
      expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, low: "0", high: "2" }]);
    });
    await admin.deleteTopics({ topics: [topic] });
  });
});

test("two fresh databases share the schema and nothing else", async () => {
  const stack = await testStack();
  const [one, other] = await Promise.all([stack.freshDatabase(), stack.freshDatabase()]);
  const tables = await Promise.all([one, other].map(({ url }) => tablesOf(url)));
  expect(tables[0]?.length).toBeGreaterThan(0);
  expect(tables[0]).toEqual(tables[1] ?? []);
  expect(one.url).not.toBe(other.url);
  await Promise.all([one.drop(), other.drop()]);
});

async function tablesOf(url: string): Promise<string[]> {
  const { sql } = connectPostgres({ url, name: "tables", connectionsMax: 1 });
  const rows = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`;
  await sql.end();
  return rows.map((row) => row.name);
}

async function withKafka(
  brokers: string[],
  work: (clients: {
    admin: ReturnType<ReturnType<typeof createKafka>["admin"]>;
    producer: ReturnType<ReturnType<typeof createKafka>["producer"]>;
  }) => Promise<void>,
): Promise<void> {
  const kafka = createKafka({ names: NO_NAMES, brokers, clientId: "infrastructure-test", log });
  const clients = { admin: kafka.admin(), producer: kafka.producer() };
  await Promise.all([clients.admin.connect(), clients.producer.connect()]);
  await work(clients);
  await Promise.all([clients.admin.disconnect(), clients.producer.disconnect()]);
}
