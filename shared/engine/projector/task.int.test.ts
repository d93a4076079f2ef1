import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { sql as statement } from "drizzle-orm";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { statement as madeOnce, named } from "@millrace/platform/statement";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { claimCheckpoint, Fenced } from "./checkpoint.ts";
import { listDeadLetters, parkedKeys, parkingKey } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { createTask } from "./task.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql, db } = connectPostgres({ url: database.url, name: "task-test", connectionsMax: 4 }));
  await sql`create table effects (key text, "offset" bigint)`;
});
afterAll(async () => {
  await sql.end();
  await drop();
});

let partition = 0;
const newKey = () => ({ projection: "effects", topic: "thing-events", partition: partition++ });

function record(offset: number, key: string): ReceivedRecord {
  return { partition: 0, offset, key, headers: {}, value: "{}", timestamp: "0" };
}

/** Reads, takes a while and writes, as projections do: the fence has answered before the writes are sent. */
const handler: RecordHandler = {
  projection: "effects",
  topic: "thing-events",
  schemaVersionOf: () => 1,
  async apply(tx, records) {
    await tx.execute(statement`select count(*) from effects`);
    await Bun.sleep(5);
    for (const { key, offset } of records) {
      await tx.execute(statement`insert into effects values (${key}, ${offset})`);
    }
  },
};

const taskOf = (checkpoint: Awaited<ReturnType<typeof claimCheckpoint>>) =>
  createTask({ db, handler, checkpoint, parked: new Set(), attemptsMax: 2, post() {} });

describe("task", () => {
  // Seen to fail with Promise.all in place of allSettled: the fence's answer ended the transaction while the
  // handler was at work, and its writes, sent on the same connection after the rollback, stood on their own.
  test("a fenced batch leaves nothing behind, even where its handler was still at work", async () => {
    const key = newKey();
    const zombie = taskOf(await claimCheckpoint(db, key, "zombie"));
    await claimCheckpoint(db, key, "owner");
    await expect(zombie.handle([record(0, "a"), record(1, "b")])).rejects.toBeInstanceOf(Fenced);
    // Four at once take every connection of the pool: what was sent late on any of them has arrived by then.
    await Promise.all([1, 2, 3, 4].map(() => sql`select pg_sleep(0.1)`));
    expect(await sql`select * from effects`).toHaveLength(0);
  });

  // Seen to fail with the call inside the transaction: another connection saw no effect yet.
  test("a handler hears of its transaction once others can read what it did", async () => {
    const seen: number[] = [];
    const checkpoint = await claimCheckpoint(db, newKey(), "owner");
    const hearing: RecordHandler = {
      ...handler,
      async onCommitted() {
        seen.push((await sql`select from effects where key = 'heard'`).length);
      },
    };
    const task = createTask({
      db,
      handler: hearing,
      checkpoint,
      parked: new Set(),
      attemptsMax: 2,
      post() {},
    });
    await task.handle([record(0, "heard")]);
    expect(seen).toEqual([1]);
  });

  // Seen to fail with `pass` left out: a partition that ends with a transaction's marker was behind for ever.
  test("the checkpoint moves past what is no record, and keeps what tells its topic from another", async () => {
    const key = newKey();
    const task = taskOf(await claimCheckpoint(db, key, "owner"));
    await task.handle([record(0, "a")]);
    task.pass(1);
    expect(task.behindInMs()).toBeUndefined();
    task.pass(3);
    expect([task.offset(), task.behindInMs()]).toEqual([3, expect.any(Number)]);
    await task.catchUp();
    expect(await claimCheckpoint(db, key, "next")).toMatchObject({ offset: 3, lastRecord: "0 a" });
  });

  // Seen to fail without the fence in the handler's statement: the zombie's effect stood.
  test("a batch in one statement takes effect with its checkpoint, or not at all", async () => {
    const key = newKey();
    const alone: RecordHandler = {
      ...handler,
      async applyAlone(on, [first], { moving, values }) {
        const applying = madeOnce(statement`
          with fence as (${moving}), effect as (
            insert into effects select ${named("key")}, ${named("offset")}::bigint from fence)
          select count(*)::int as fenced from fence`);
        const effect = { key: first?.key, offset: first?.offset };
        const [row] = await applying.run(on, { ...values, ...effect });
        return row?.fenced === 1 ? "applied" : "fenced";
      },
    };
    const start = (checkpoint: Awaited<ReturnType<typeof claimCheckpoint>>) =>
      createTask({ ...{ db, handler: alone, checkpoint, parked: new Set(), attemptsMax: 2 }, post() {} });
    const zombie = start(await claimCheckpoint(db, key, "zombie"));
    await zombie.handle([record(0, "alone")]);
    const owner = start(await claimCheckpoint(db, key, "owner"));
    expect([zombie.offset(), owner.offset()]).toEqual([1, 1]);
    await expect(zombie.handle([record(1, "late")])).rejects.toBeInstanceOf(Fenced);
    await owner.handle([record(1, "alone")]);
    const stood =
      await sql`select key, "offset"::int as "offset" from effects where key in ('alone', 'late')`;
    expect([...stood]).toEqual([
      { key: "alone", offset: 0 },
      { key: "alone", offset: 1 },
    ]);
  });

  // Seen to fail with key, value and cause stored as they were: Postgres has no NUL in its texts, so that the record
  // could be neither applied nor parked, and its partition stood still for good.
  test("a record that Postgres can't store as it is is parked all the same", async () => {
    const key = newKey();
    const unreadable: RecordHandler = {
      ...handler,
      async apply(_tx, records) {
        throw Object.assign(new Error(`can't read ${records[0]?.value}`), { retryable: false });
      },
    };
    const checkpoint = await claimCheckpoint(db, key, "owner");
    const task = createTask({
      ...{ db, handler: unreadable, checkpoint, parked: new Set(), attemptsMax: 2 },
      post() {},
    });
    await task.handle([{ ...record(0, "a\0b"), value: "c\0d", headers: { h: "e\0f" } }]);
    await task.handle([record(1, "a\0b")]);
    expect(task.offset()).toBe(2);
    expect(await parkedKeys(db, key)).toEqual(new Set([parkingKey(record(0, "a\0b"))]));
    const letters = await listDeadLetters(db);
    expect(letters.map(({ kind, key: parked, value }) => ({ kind, parked, value }))).toEqual([
      { kind: "failed", parked: "a\ufffdb", value: "c\ufffdd" },
      { kind: "waiting", parked: "a\ufffdb", value: "{}" },
    ]);
  });

  test("records without effect cost no transaction, and the checkpoint follows them in the end", async () => {
    const key = newKey();
    const seen: number[] = [];
    const choosy: RecordHandler = {
      ...handler,
      mayHaveEffect: ({ value }) => value === "matters",
      async apply(_tx, records) {
        seen.push(...records.map(({ offset }) => offset));
      },
    };
    const checkpoint = await claimCheckpoint(db, key, "owner");
    const task = createTask({
      ...{ db, handler: choosy, checkpoint, parked: new Set(), attemptsMax: 2 },
      post() {},
    });
    const stored = async () => {
      const [row] = await sql`
        select "offset"::int as "offset" from checkpoints
        where projection = ${key.projection} and partition = ${key.partition}`;
      return row?.offset;
    };
    await task.handle([record(0, "a"), record(1, "b")]);
    expect([task.offset(), await stored(), seen]).toEqual([2, 0, []]);
    // Redelivered: known already, though the checkpoint does not say so yet.
    await task.handle([record(1, "b"), record(2, "c")]);
    expect([task.offset(), await stored(), seen]).toEqual([3, 0, []]);
    await task.handle([record(3, "d"), { ...record(4, "d"), value: "matters" }]);
    expect([task.offset(), await stored(), seen]).toEqual([5, 5, [3, 4]]);
    await task.handle([record(5, "e")]);
    await task.catchUp();
    expect([task.offset(), await stored(), seen]).toEqual([6, 6, [3, 4]]);
  });

  test("an owner that only passes records over finds out that it is one no longer", async () => {
    const key = newKey();
    const idle: RecordHandler = { ...handler, mayHaveEffect: () => false };
    const checkpoint = await claimCheckpoint(db, key, "zombie");
    const task = createTask({
      ...{ db, handler: idle, checkpoint, parked: new Set(), attemptsMax: 2 },
      post() {},
    });
    await claimCheckpoint(db, key, "owner");
    await task.handle([record(0, "a")]);
    await eventually(() => expect(task.behindInMs()).toBe(0));
    await expect(task.handle([record(1, "a")])).rejects.toBeInstanceOf(Fenced);
  });
});
