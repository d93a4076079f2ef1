import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { toRecord } from "@millrace/kafka/event-record";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { BY_INDEX, connectPostgres, type Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { createNotesTable } from "@millrace/registry/testing/notes-table";
import { tinyShop } from "@millrace/registry/testing/tiny-shop/shop";
import { createLoader } from "@millrace/store/load";
import { defineSnapshot } from "@millrace/store/snapshot";
import { tallySnapshot } from "@millrace/store/testing/tally";
import { testStack } from "@millrace/testing/stack";
import { auditStreams } from "./audit.ts";
import { type Bench, openBench } from "./expected.ts";
import { auditSample, type SampleTools } from "./sample.ts";

const log = createLog("sample-test", "silent");
let sql: Sql;
let bench: Bench;
let tools: SampleTools;
let drop: () => Promise<void>;

beforeAll(async () => {
  const stack = await testStack();
  const database = await stack.freshDatabase();
  drop = database.drop;
  const connection = { url: database.url, name: "sample-test", connectionsMax: 1, settings: BY_INDEX };
  ({ sql } = connectPostgres(connection));
  await createNotesTable(sql);
  bench = openBench(database.url);
  const kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "sample-test", log });
  tools = { sql, bench, models: tinyShop.readModels, snapshots: {}, kafka, log };
});
afterAll(async () => {
  await Promise.all([sql.end({ timeout: 1 }), bench.end()]);
  await drop();
});

/** Of no model, so that no row is missing. */
async function store(streams: number): Promise<void> {
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select 'counter-' || n, 1, 'Counted', 1, now(), '{}', json_build_object('padding', repeat('x', 300))
    from generate_series(1, ${streams}::int) as n
    on conflict do nothing`;
}

/** Of the events' table and its key, by this session. */
async function blocksRead(): Promise<number> {
  const [row] = await sql`
    select (pg_stat_get_xact_blocks_fetched('events'::regclass)
      + pg_stat_get_xact_blocks_fetched('events_stream_version_pk'::regclass))::int as blocks`;
  return Number(row?.blocks);
}

test("of an empty store a sample is empty", async () => {
  expect(await auditSample(tools, 50)).toEqual({ streams: 0, events: 0, findings: [] });
});

// Seen to fail with looks by position: 12,247, all that there are several times.
test("a sample of a large store that nobody has vacuumed reads a few blocks of it", async () => {
  await store(40_000);
  // In one transaction, whose looks its session alone knows of.
  await sql`begin`;
  const before = await blocksRead();
  const sample = await auditSample(tools, 50);
  const read = (await blocksRead()) - before;
  await sql`commit`;
  expect(sample.streams).toBeGreaterThan(40);
  expect(read).toBeLessThan(500);
});

// Seen to fail: a stream that was changed a thousand times a second was reported as a row without events.
test("a row that is ahead of the events that were read is wrong only where the store has no more of them", async () => {
  const [model] = tinyShop.readModels;
  const stream = `${model?.streamPrefix}hot`;
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select ${stream}, version, 'Changed', 1, now(), '{}', '{}' from generate_series(1, 2) as version`;
  const events = await createLoader(sql).load(stream);
  const ahead = (liveVersion: number) => ({
    ...bench,
    differences: async () => [{ id: "hot", kind: "copy-behind" as const, liveVersion, copyVersion: 1 }],
  });
  expect(await auditStreams({ ...tools, bench: ahead(2) }, model as ReadModel, events)).toEqual([]);
  expect(await auditStreams({ ...tools, bench: ahead(3) }, model as ReadModel, events)).toMatchObject([
    { kind: "row_extra", subject: stream },
  ]);
  await sql`delete from events where stream = ${stream}`;
});

// Seen to fail with the states not compared, and with the fingerprint not looked at.
test("a snapshot that is not what its events make it is found, and other code's is passed over", async () => {
  const { fingerprint, expected } = defineSnapshot(tallySnapshot);
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    values ('tally-kept', 1, 'Added', 1, now(), '{}', '{"by":5}')`;
  const keep = async (by: string, state: string) => {
    await sql`delete from snapshots`;
    await sql`
      insert into snapshots (stream, fingerprint, version, at, state)
      select stream, ${by}, version, at, ${state}::text::json from events where stream = 'tally-kept'`;
    const sample = await auditSample({ ...tools, snapshots: { tally: { fingerprint, expected } } }, 50);
    return sample.findings.filter(({ subject }) => subject === "tally-kept");
  };
  expect(await keep(fingerprint, '{"sum":5}')).toEqual([]);
  expect(await keep("of other code", '{"sum":6}')).toEqual([]);
  expect(await keep(fingerprint, '{"sum":6}')).toMatchObject([{ kind: "snapshot_differs" }]);
  await sql`delete from snapshots`;
  await sql`delete from events where stream = 'tally-kept'`;
  await sql`delete from audit_findings`;
});

// Seen to fail with one fate for all: the sample was given up, and said so at debug level.
test("the newest stream is in every sample, and one that can't be folded is named while the others are looked at", async () => {
  await store(100);
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    values ('note-newest', 1, 'NoteChanged', 1, now() - interval '5 minutes', '{}', '{}')`;
  for (const random of [0, 0.5, 0.999]) {
    const { streams, findings } = await auditSample(tools, 50, () => random);
    expect(streams).toBeGreaterThan(20);
    expect(findings).toMatchObject([{ kind: "stream_unreadable", subject: "note-newest" }]);
  }
});

describe("an event that has no row", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const metadata = { actor: "test", correlationId: "c", causationId: "c" };
  const data = '{"text":"milk"}';
  const event = {
    stream: "note-late",
    version: 1,
    type: "NoteCreated",
    schemaVersion: 1,
    at,
    metadata,
    data,
  };
  const reach = (offset: number) =>
    sql`update checkpoints set "offset" = ${offset} where topic = 'note-events'`;
  let published: SampleTools;

  beforeAll(async () => {
    const stack = await testStack();
    const own = {
      names: { ...NO_NAMES, categories: ["note"] },
      brokers: stack.brokers,
      clientId: "sample-test",
      prefix: `${stack.uniqueName("sample")}-`,
      log,
    };
    const kafka = createKafka(own);
    await createTopic(kafka, "note-events", 1);
    const publisher = createPublisher(kafka);
    await publisher.publish([toRecord(event)]);
    await publisher.disconnect();
    published = { ...tools, models: tinyShop.readModels, kafka };
    await sql`delete from events where stream like 'note-%'`;
    await sql`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      values ('note-late', 1, 'NoteCreated', 1, ${at}, ${JSON.stringify(metadata)}, ${data})`;
    await sql`
      insert into checkpoints ${sql({ projection: "notes", topic: "note-events", partition: 0, epoch: 1, offset: 0, owner: "test" })}`;
  });

  // Seen to fail with the checkpoint read once the record was found: a projector that had caught up meanwhile was said
  // to have lost a row, at error level.
  test("is on its way where its record was not handled when the rows were compared", async () => {
    let looks = 0;
    const differences: Bench["differences"] = async (...words) => {
      const found = await bench.differences(...words);
      if (found.length > 0) looks++;
      if (looks === 2) await reach(1);
      return found;
    };
    const { findings } = await auditSample({ ...published, bench: { ...bench, differences } }, 50);
    expect([looks, findings]).toEqual([2, []]);
  });

  test("is lost where its record was handled", async () => {
    await reach(1);
    const { findings } = await auditSample(published, 50);
    expect(findings).toMatchObject([{ kind: "row_missing", subject: "note-late" }]);
  });
});
