import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { type Hold, holdOf, noteTries, readWaiting, summarizeHeld } from "./held-streams.ts";
import { laneOf } from "./lanes.ts";
import { readOutbox } from "./outbox.ts";
import { readMarks, requestRefill, settle } from "./relay-marks.ts";
import { appendBatch } from "./testing/append-batch.ts";

let sql: Sql;
let end: () => Promise<void>;
beforeAll(async () => {
  const { url, drop } = await (await testStack()).freshDatabase();
  ({ sql } = connectPostgres({ url, name: "held-test", connectionsMax: 2 }));
  end = async () => {
    await sql.end({ timeout: 1 });
    await drop();
  };
});
afterAll(() => end());
beforeEach(async () => {
  await sql`truncate events, outbox, relay_held, relay_marks, relay_topics, relay_refills`;
});

const lanes = [0, 1, 2, 3];
const hold = (stream: string, version: number, last: number): Hold => ({
  ...{ stream, lane: laneOf(stream), topic: "thing-events", partition: 1, version, last },
  cause: "MESSAGE_TOO_LARGE",
});

async function append(stream: string, bytes: number, events: number): Promise<void> {
  const data = { note: "x".repeat(bytes) };
  const append = {
    ...{ stream, expectedVersion: 0, at: "2026-01-02T03:04:05.678Z" },
    events: Array.from({ length: events }, () => ({ type: "ThingShipped", schemaVersion: 1, data })),
    metadata: { actor: "test", correlationId: "c", causationId: "r" },
  };
  await appendBatch(sql, [append]);
}

test("entries leave the outbox in the statement that sets their streams aside", async () => {
  await append("thing-1", 10, 2);
  const before = await readOutbox(sql, { lanes, except: [], entriesMax: 10 });
  expect(before).toMatchObject({ isAll: true, holds: false });
  await settle(sql, { ids: before.entries.map(({ id }) => id), holds: [hold("thing-1", 1, 2)], marks: [] });
  const after = await readOutbox(sql, { lanes, except: [], entriesMax: 10 });
  expect(after).toEqual({ entries: [], isAll: true, holds: true });
});

test("a stream that an event came to while it was tried keeps waiting for that one", async () => {
  await append("thing-1", 10, 3);
  await settle(sql, { ids: [], holds: [hold("thing-1", 1, 2)], marks: [] });
  await settle(sql, { ids: [], holds: [{ ...hold("thing-1", 3, 3), cause: "behind" }], marks: [] });
  await noteTries(sql, [{ stream: "thing-1", sent: 2, cause: null }]);
  expect(await holdOf(sql, "thing-1")).toMatchObject({
    version: 3,
    last: 3,
    cause: "MESSAGE_TOO_LARGE",
    attempts: 2,
  });
  await noteTries(sql, [{ stream: "thing-1", sent: 3, cause: null }]);
  expect(await holdOf(sql, "thing-1")).toBeUndefined();
});

test("what waits is read in order, the longest untried first, up to a bound on bytes", async () => {
  for (const stream of ["thing-1", "thing-2"]) await append(stream, 100_000, 4);
  await settle(sql, { ids: [], holds: [hold("thing-1", 2, 4), hold("thing-2", 1, 4)], marks: [] });
  await noteTries(sql, [{ stream: "thing-1", sent: 2, cause: "again" }]);
  const place = { lanes, topic: "thing-events", partition: 1 };
  const read = await readWaiting(sql, { ...place, bytesMax: 450_000 });
  expect(read.map(({ stream, events }) => [stream, events.map(({ version }) => version)])).toEqual([
    ["thing-2", [1, 2, 3, 4]],
    ["thing-1", [3]],
  ]);
  expect(await summarizeHeld(sql)).toMatchObject({ streams: 2, events: 6 });
});

test("a look at the outbox ends at its bound on bytes, and says that there is more", async () => {
  for (let order = 0; order < 6; order++) await append(`thing-${order}`, 900_000, 1);
  const read = await readOutbox(sql, { lanes, except: [], entriesMax: 200 });
  expect(read.entries.length).toBe(4);
  expect(read.isAll).toBe(false);
});

test("of relays that notice the same new topic one asks, and a mark of the topic before does not rise over it", async () => {
  const mark = { topic: "thing-events", partition: 0, offset: 1_000, generation: 0 };
  await settle(sql, { ids: [], holds: [], marks: [mark] });
  expect(await requestRefill(sql, "thing-events", 0)).toBe(true);
  expect(await requestRefill(sql, "thing-events", 0)).toBe(false);
  await settle(sql, { ids: [], holds: [], marks: [mark] });
  await settle(sql, { ids: [], holds: [], marks: [{ ...mark, offset: 5, generation: 1 }] });
  expect((await readMarks(sql)).marks).toEqual([{ topic: "thing-events", partition: 0, offset: 5 }]);
});
