// Records that are not what this code expects and are nobody's mistake here: foreign ones, and those of newer code.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { sql as statement } from "drizzle-orm";
import { isOurs, newerThanCode } from "@millrace/kafka/event-record";
import { partitionOf } from "@millrace/kafka/partition-of";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { type CheckpointKey, claimCheckpoint } from "./checkpoint.ts";
import { dueKeys, park, parkedKeys } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import type { FromActor } from "./protocol.ts";
import { createTask, type Task } from "./task.ts";
import { waitsOf } from "./waits.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;
let at: CheckpointKey;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql, db } = connectPostgres({ url: database.url, name: "outsiders-test", connectionsMax: 4 }));
  await sql`create table effects (key text, "offset" bigint)`;
});
afterAll(async () => {
  await sql.end();
  await drop();
});
let partition = 0;
beforeEach(async () => {
  at = { projection: "effects", topic: "thing-events", partition: partition++ };
  await sql`truncate effects, dead_letters, events`;
});

function record(offset: number, key: string | null, headers: Record<string, string> = {}): ReceivedRecord {
  return { partition: 0, offset, key, headers, value: "{}", timestamp: "0" };
}

/** An event of ours, as far as its headers say. */
function ours(offset: number, key: string, schema = 1, type = "ThingShipped"): ReceivedRecord {
  return record(offset, key, {
    ce_source: "millrace/event-store",
    ce_subject: `thing-${key}`,
    ce_streamversion: "1",
    ce_type: type,
    ce_schemaversion: String(schema),
  });
}

/** What the code before it knows. */
const schemaVersionOf = (type: string) => (type === "ThingShipped" ? 1 : undefined);

/** `newCode` reads everything; the code before it stops where codecs do. */
const handlerOf = ({ newCode = false } = {}): RecordHandler => ({
  projection: "effects",
  topic: "thing-events",
  schemaVersionOf,
  isForeign: ({ headers }) => !isOurs(headers),
  async apply(tx, records) {
    if (!newCode && records.some(({ headers }) => newerThanCode(headers, schemaVersionOf))) {
      throw Object.assign(new Error("newer"), { code: "newer_schema", retryable: true });
    }
    for (const { key, offset } of records) {
      await tx.execute(statement`insert into effects values (${key}, ${offset})`);
    }
  },
});

async function claim(handler: RecordHandler, post: (message: FromActor) => void = () => {}): Promise<Task> {
  const checkpoint = await claimCheckpoint(db, at, "owner");
  const [parked, due] = [await parkedKeys(db, at), await dueKeys(db, at)];
  return createTask({ db, handler, checkpoint, parked, due, attemptsMax: 3, post });
}

const effects = async () =>
  (await sql<{ key: string; offset: string }[]>`select * from effects order by "offset"`).map(
    (row) => `${row.key} ${row.offset}`,
  );
const letters = async () =>
  (await sql`select key, kind, cause from dead_letters order by id`).map((row) =>
    Object.values(row).join(": "),
  );

describe("records that nobody of ours wrote", () => {
  const junk = (offset: number, key: string | null) => [
    record(offset, key),
    { ...record(offset + 1, key), value: null },
    { ...record(offset + 2, key), value: "\0\0\0\u0001Avro" },
    record(offset + 3, key, {
      ce_specversion: "1.0",
      ce_id: "1",
      ce_source: "/shop",
      ce_type: "ThingCreated",
    }),
    record(offset + 4, key, { "correlation-id": "c" }),
    { ...record(offset + 5, key), timestamp: "9223372036854775807" },
  ];

  test("a thousand of them cost no more than a moment, park nothing, halt nothing and are counted", async () => {
    const posted: FromActor[] = [];
    const task = await claim(handlerOf(), (message) => posted.push(message));
    const flood = Array.from({ length: 200 }, (_, batch) => junk(6 * batch, batch % 2 ? "A-1" : null));
    const startedAt = performance.now();
    for (const batch of flood) await task.handle(batch);
    await task.handle([...junk(1_200, "A-1"), ours(1_206, "A-1"), ...junk(1_207, "A-1")]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(task.offset()).toBe(1_213);
    expect(await letters()).toEqual([]);
    expect(await effects()).toEqual(["A-1 1206"]);
    await task.catchUp();
    const [counted] = await sql`
      select foreign_records::int as records, last_foreign::int as last from checkpoints
      where partition = ${at.partition}`;
    expect(counted).toEqual({ records: 1_212, last: 1_212 });
    expect(posted.filter(({ type }) => type === "foreign").length).toBe(201);
  });

  test("one behind a parked record of its key is passed over like the others", async () => {
    const broken = {
      ...handlerOf(),
      apply: () => Promise.reject(Object.assign(new Error("no"), { retryable: false })),
    };
    const task = await claim(broken);
    await task.handle([ours(0, "A-1"), ...junk(1, "A-1"), ours(7, "A-1")]);
    expect(await letters()).toEqual([
      "A-1: failed: no",
      "A-1: waiting: an earlier record of this key is parked",
    ]);
  });
});

describe("an event of newer code", () => {
  test("waits with its key's later events, the others go on, and newer code takes them in by itself", async () => {
    const posted: FromActor[] = [];
    const old = await claim(handlerOf(), (message) => posted.push(message));
    const batch = [ours(0, "a"), ours(1, "b"), ours(2, "a", 2), ours(3, "a"), ours(4, "c", 2), ours(5, "b")];
    await old.handle(batch);
    await old.handle([ours(6, "a"), ours(7, "d")]);
    expect(await effects()).toEqual(["a 0", "b 1", "b 5", "d 7"]);
    expect(await letters()).toEqual([
      "a: waiting: ThingShipped v2 waits for newer code",
      "a: waiting: an earlier record of this key is parked",
      "c: waiting: ThingShipped v2 waits for newer code",
      "a: waiting: an earlier record of this key is parked",
    ]);
    expect(posted.findLast(({ type }) => type === "waiting")).toMatchObject({ keys: 2 });

    // Another owner of the old code tries once, and leaves them as they are.
    const again = await claim(handlerOf());
    await again.carryOutRequests();
    expect(again.hasDue()).toBe(false);
    expect((await letters()).length).toBe(4);

    const young = await claim(handlerOf({ newCode: true }));
    await young.carryOutRequests();
    expect(await letters()).toEqual([]);
    expect((await effects()).filter((effect) => /^[ac]/.test(effect))).toEqual([
      "a 0",
      "a 2",
      "a 3",
      "c 4",
      "a 6",
    ]);
    expect(young.hasParked()).toBe(false);
  });

  test("under a name that nobody here knows waits where the event store has it, and else is parked", async () => {
    await sql`insert into events (stream, version, type, schema_version, at, metadata, data)
      values ('thing-a', 1, 'ThingPainted', 1, now(), '{}', '{}')`;
    const task = await claim(handlerOf());
    await task.handle([ours(0, "a", 1, "ThingPainted"), ours(1, "b", 1, "ThingPainted"), ours(2, "c")]);
    expect(await letters()).toEqual(["a: waiting: ThingPainted v1 waits for newer code", "b: failed: newer"]);
    expect(await effects()).toEqual(["c 2"]);
  });
});

describe("why nothing happens with a key", () => {
  test("is told of what failed, of what newer code has to read, and of a partition that stands still", async () => {
    const task = await claim(handlerOf());
    await task.handle([ours(0, "a", 1, "ThingPainted"), ours(1, "a"), ours(2, "b", 2)]);
    expect(await waitsOf(sql, "thing-events", "a")).toMatchObject([
      { for: "dead-letter", projection: "effects", partition: at.partition, cause: "newer", records: 2 },
    ]);
    expect(await waitsOf(sql, "thing-events", "b")).toMatchObject([
      { for: "newer-code", cause: "ThingShipped v2 waits for newer code", records: 1 },
    ]);
    const key = Array.from({ length: 1_000 }, (_, n) => `key-${n}`).find(
      (each) => partitionOf(each, at.partition + 1) === at.partition,
    ) as string;
    await task.standStill("too many failed");
    expect(await waitsOf(sql, "thing-events", key)).toMatchObject([
      { for: "partition", cause: "too many failed" },
    ]);
    await task.handle([ours(3, key)]);
    expect(await waitsOf(sql, "thing-events", key)).toEqual([]);
  });
});

describe("records behind a parked one", () => {
  // Seen to fail with the request alone to go by: the owner that had taken the first record in was gone, the request
  // with it, and the others waited for good.
  test("go on with the next owner where the retry of their key was broken off", async () => {
    const waiting = [0, 1].map((offset) => ({
      ...{ record: ours(offset, "a"), kind: "waiting" as const, cause: "behind", attempts: 0 },
    }));
    await park(db, at, waiting);
    const task = await claim(handlerOf());
    await task.carryOutRequests();
    expect(await effects()).toEqual(["a 0", "a 1"]);
    expect(task.hasParked()).toBe(false);
  });
});

describe("passing trouble of Postgres", () => {
  const PASSING = ["57014", "25006", "53100", "53200", "53300", "53400", "55P03", "58030", "40001", "40P01"];
  test.each(PASSING)("%s is waited out: the batch stays whole and nothing is parked", async (code) => {
    let tries = 0;
    const troubled: RecordHandler = {
      ...handlerOf(),
      async apply(_tx, records) {
        tries++;
        expect(records.length).toBe(2);
        throw Object.assign(new Error("not now"), { code });
      },
    };
    const task = await claim(troubled);
    await expect(task.handle([ours(0, "a"), ours(1, "b")])).rejects.toThrow("not now");
    expect(tries).toBe(1);
    expect(await letters()).toEqual([]);
  });
});
