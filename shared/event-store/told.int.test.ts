// What a relay that rests is told of an append.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { laneOf } from "@millrace/contract/lanes";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { type Append, appendBatch } from "./append.ts";
import { OUTBOX_CHANNEL, parseTold, readOutbox } from "./outbox.ts";
import { LANE_LOCK, RESTING_LOCK } from "./outbox-lanes.ts";

let sql: Sql;
let heard: string[] = [];
let end: () => Promise<void>;

beforeAll(async () => {
  const { url, drop } = await (await testStack()).freshDatabase();
  ({ sql } = connectPostgres({ url, name: "told-test", connectionsMax: 2 }));
  const { sql: resting } = connectPostgres({ url, name: "told-test-relay", connectionsMax: 1 });
  await resting`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
  await sql.listen(OUTBOX_CHANNEL, (payload) => heard.push(payload));
  end = async () => {
    await Promise.all([sql.end({ timeout: 1 }), resting.end({ timeout: 1 })]);
    await drop();
  };
});
afterAll(() => end());

let streams = 0;
function append(more: Partial<Append> = {}): Append {
  return {
    stream: `order-${++streams}`,
    expectedVersion: 0,
    events: ["OrderCreated", "OrderShipped"].map((type) => ({
      type,
      schemaVersion: 1,
      data: { note: "a\ttab, a\nline, a\fform feed, “quotes”" },
    })),
    metadata: { actor: "test", correlationId: "c", causationId: "r" },
    at: "2026-01-02T03:04:05.678Z",
    ...more,
  };
}

/** What is told of one append. */
async function toldOf(...appends: Append[]): Promise<string> {
  heard = [];
  expect(new Set(await appendBatch(sql, appends))).toEqual(new Set(["appended"]));
  await eventually(() => expect(heard).toHaveLength(1));
  return heard[0] as string;
}

test("new streams' events come with the notification, as they stand in the outbox", async () => {
  const first = append();
  const told = parseTold(await toldOf(first));
  const entries = await readOutbox(sql, { lanes: [laneOf(first.stream)], except: [], entriesMax: 1_000 });
  expect(told).toEqual(entries.at(-1));
  expect(told?.events.map(({ stream, version }) => [stream, version])).toEqual([
    [first.stream, 1],
    [first.stream, 2],
  ]);
});

test("what follows other events is only announced: it must not overtake them", async () => {
  const { stream } = append();
  await toldOf(append({ stream }));
  expect(await toldOf(append({ stream, expectedVersion: 2 }))).toBe("");
  expect(parseTold("")).toBeUndefined();
});

test("so is one batch of both", async () => {
  const { stream } = append();
  await toldOf(append({ stream }));
  const lane = laneOf(stream);
  let beside = append();
  while (laneOf(beside.stream) !== lane) beside = append();
  expect(await toldOf(append({ stream, expectedVersion: 2 }), beside)).toBe("");
});

test("so is what falls into several lanes", async () => {
  const one = append();
  let other = append();
  while (laneOf(other.stream) === laneOf(one.stream)) other = append();
  expect(await toldOf(one, other)).toBe("");
});

test("so is what no notification can hold", async () => {
  const fits = append({
    events: [{ type: "OrderCreated", schemaVersion: 1, data: { note: "é".repeat(3_600) } }],
  });
  expect(parseTold(await toldOf(fits))?.events).toHaveLength(1);
  const large = append({
    events: [{ type: "OrderCreated", schemaVersion: 1, data: { note: "é".repeat(3_700) } }],
  });
  expect(await toldOf(large)).toBe("");
});
