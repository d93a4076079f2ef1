import { afterAll, beforeAll, expect, test } from "bun:test";
import { sql as statement } from "drizzle-orm";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { claimCheckpoint, Fenced } from "./checkpoint.ts";
import { gathering } from "./gathering.ts";
import type { RecordHandler } from "./handler.ts";
import { createTask } from "./task.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql, db } = connectPostgres({ url: database.url, name: "gathering-test", connectionsMax: 2 }));
  await sql`create table effects (batch integer, "offset" bigint)`;
});
afterAll(async () => {
  await sql.end();
  await drop();
});

let partition = 0;

/** A task whose effects stand by the statement that made them, and a clock that stands still until it is moved. */
async function begin(applying: () => void = () => {}) {
  const key = { projection: "effects", topic: "thing-events", partition: partition++ };
  let batch = 0;
  let nowMs = 1_000;
  await sql`truncate effects`;
  const handler: RecordHandler = {
    ...{ projection: key.projection, topic: key.topic, schemaVersionOf: () => 1, gathers: true },
    async apply(tx, records) {
      applying();
      batch++;
      for (const { offset } of records) {
        await tx.execute(statement`insert into effects values (${batch}, ${offset})`);
      }
    },
  };
  const checkpoint = await claimCheckpoint(db, key, "owner");
  const task = gathering(
    createTask({ db, handler, checkpoint, parked: new Set(), attemptsMax: 1, post() {} }),
    () => nowMs,
  );
  return {
    key,
    task,
    pass: (ms: number) => {
      nowMs += ms;
    },
    effects: async () =>
      (await sql`select batch, "offset" from effects order by "offset"`).map(Object.values),
    stored: async () =>
      Number((await sql`select "offset" from checkpoints where partition = ${key.partition}`)[0]?.offset),
  };
}

const records = (from: number, to: number): ReceivedRecord[] =>
  Array.from({ length: to - from }, (_, index) => ({
    ...{ partition: 0, offset: from + index, key: "a", headers: {}, value: "{}", timestamp: "0" },
  }));

// Seen to fail with a gathering that is always due: two statements.
test("records share one statement until the first of them has waited for long enough", async () => {
  const { task, pass, effects, stored } = await begin();
  await task.handle(records(0, 2));
  pass(200);
  await task.handle(records(2, 3));
  expect([await effects(), task.offset(), task.behindInMs()]).toEqual([[], 3, 50]);
  pass(50);
  expect(task.behindInMs()).toBe(0);
  await task.catchUp();
  expect(await effects()).toEqual([0, 1, 2].map((offset) => [1, String(offset)]));
  expect([await stored(), task.behindInMs()]).toEqual([3, undefined]);
});

// Seen to fail with a bound of records that is never reached.
test("what waits is bounded in records and in bytes", async () => {
  const many = await begin();
  await many.task.handle(records(0, 1_000));
  expect(await many.stored()).toBe(1_000);
  const large = await begin();
  await large.task.handle(records(0, 1).map((record) => ({ ...record, value: "x".repeat(1_048_576) })));
  expect(await large.stored()).toBe(1);
});

// Seen to fail with what was gathered forgotten before it had taken effect.
test("what fails takes effect with the next attempt, once", async () => {
  let away = true;
  const { task, effects, stored } = await begin(() => {
    if (away) throw Object.assign(new Error("going down"), { code: "57P01" });
  });
  await task.handle(records(0, 2));
  await expect(task.catchUp()).rejects.toThrow();
  away = false;
  await task.handle(records(2, 3));
  await task.catchUp();
  expect([(await effects()).map(([, offset]) => offset), await stored()]).toEqual([["0", "1", "2"], 3]);
});

// Seen to fail with a place that was passed at once: the checkpoint was past records that never took effect.
test("what is no record is passed after what waits before it", async () => {
  const { task, stored, effects } = await begin();
  await task.handle(records(0, 2));
  task.pass(4);
  expect([task.offset(), await stored()]).toEqual([4, 0]);
  await task.catchUp();
  expect([(await effects()).length, await stored()]).toEqual([2, 4]);
});

// Seen to fail without the flush before it: what came from the old topic never took effect.
test("another topic is begun after what came from the old one", async () => {
  const { task, effects, stored } = await begin();
  await task.handle(records(5, 7));
  await task.startOver(0);
  expect([(await effects()).length, await stored(), task.offset()]).toEqual([2, 0, 0]);
});

test("an owner that is one no longer finds out when they are due, and leaves nothing behind", async () => {
  const { task, key, effects } = await begin();
  await task.handle(records(0, 1));
  await claimCheckpoint(db, key, "next");
  await expect(task.catchUp()).rejects.toBeInstanceOf(Fenced);
  expect(await effects()).toEqual([]);
});
