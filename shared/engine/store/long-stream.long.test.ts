import { afterAll, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { add, openTallyStore } from "./testing/tally.ts";

const MILLION = 1_000_000;
const ROUNDS = 300;

let sql: Sql;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({
    url: database.url,
    name: "long-stream-test",
    connectionsMax: 8,
    answerWithinMs: 0,
  }));
});
afterAll(async () => {
  await sql.end();
  await drop();
});

async function insertTally(id: string, events: number): Promise<void> {
  await sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select ${`tally-${id}`}, version, 'Added', 1, '2026-01-01T00:00:00Z',
      '{"actor":"tester","correlationId":"c","causationId":"r"}', '{"by":1}'
    from generate_series(1, ${events}::integer) as version`;
}

// Seen to fail with no snapshot found: 2,071 times.
test("a command on a stream of a million events takes at most 1.5 times as long as on one of ten", async () => {
  await insertTally("million", MILLION);
  for (let round = 0; round < ROUNDS; round++) await insertTally(`ten-${round}`, 10);
  await sql`vacuum analyze events`;
  const store = openTallyStore(sql);
  // Folds all of it, once; whoever comes next finds what that came to.
  await add(store, "million", { by: 1 });
  await eventually(async () => {
    expect(await sql`select from snapshots where stream = 'tally-million'`).toHaveLength(1);
  });
  const [long, short]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    short.push(await timeOf(() => add(store, `ten-${round}`, { by: 1 })));
    long.push(await timeOf(() => add(store, "million", { by: 1 })));
  }
  expect(await add(store, "million", { by: 0 })).toMatchObject({ state: { sum: MILLION + ROUNDS + 1 } });
  const times = median(long) / median(short);
  console.log(
    `on a million events ${median(long).toFixed(2)} ms, on ten ${median(short).toFixed(2)}: ${times.toFixed(2)} times`,
  );
  expect(times).toBeLessThan(1.5);
}, 300_000);

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
