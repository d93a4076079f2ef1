// Commands through the queues of two processes against the simplest model of them: one after another, in the order of
// the stream's events.
import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { propertyRun } from "@millrace/testing/seed";
import { testStack } from "@millrace/testing/stack";
import { add, openTallyStore } from "./testing/tally.ts";

let sql: Sql;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({ url: database.url, name: "stream-queue-property-test", connectionsMax: 8 }));
});
afterAll(async () => {
  await sql.end();
  await drop();
});

const commandArbitrary = fc.record({
  stream: fc.integer({ min: 0, max: 1 }),
  by: fc.integer({ min: -2, max: 3 }),
  most: fc.option(fc.integer({ min: 0, max: 6 })),
  key: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 2 }),
  expected: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 2 }),
  process: fc.integer({ min: 0, max: 1 }),
});
type Command = typeof commandArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Waves run one after the other; the commands of a wave all at once. */
const wavesArbitrary = fc.array(fc.array(commandArbitrary, { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 5,
});

type Outcome = Awaited<ReturnType<typeof add>>;

interface Done {
  readonly name: string;
  readonly command: Command;
  readonly outcome: Outcome;
  /** Events of its stream when it was sent. */
  readonly since: number;
}

interface Stored {
  readonly by: number;
  readonly note: string;
}

let runs = 0;
const streamOf = (run: number, { stream }: Command) => `${run}-${stream}`;
const keyOf = (run: number, key: number) => `queues/${run}-${key}`;

async function storedOf(run: number): Promise<Map<string, Stored[]>> {
  const rows = await sql<{ stream: string; data: string }[]>`
    select stream, data::text from events where stream like ${`tally-${run}-%`} order by stream, version`;
  const events = Map.groupBy(rows, ({ stream }) => stream.replace("tally-", ""));
  return new Map([...events].map(([stream, of]) => [stream, of.map(({ data }) => JSON.parse(data))]));
}

// Seen to fail with commands answered from what their stream was before they came, with a lost race's group appended to
// the version after it, and with the key of a lost race kept.
test("commands end as they would have one by one, in the order of the events, and none from before it came", async () => {
  await fc.assert(
    fc.asyncProperty(wavesArbitrary, async (waves) => {
      const run = runs++;
      const processes = [openTallyStore(sql), openTallyStore(sql)];
      const done: Done[] = [];
      for (const [wave, commands] of waves.entries()) {
        const before = await storedOf(run);
        const outcomes = commands.map(async (command, index): Promise<Done> => {
          const store = processes[command.process] as (typeof processes)[number];
          const stream = streamOf(run, command);
          const name = `${wave}.${index}`;
          const { by, most, key, expected } = command;
          const asked = {
            ...(key === null ? {} : { key: keyOf(run, key) }),
            ...(expected === null ? {} : { expectedVersions: [expected] }),
          };
          const outcome = await add(
            store,
            stream,
            { by, note: name, ...(most === null ? {} : { most }) },
            asked,
          );
          return { name, command, outcome, since: before.get(stream)?.length ?? 0 };
        });
        done.push(...(await Promise.all(outcomes)));
      }
      const stored = await storedOf(run);
      for (const one of done) check(one, stored.get(streamOf(run, one.command)) ?? []);
      const added = done.filter(({ outcome }) => outcome.outcome === "accepted" && outcome.events.length > 0);
      expect(
        [...stored.values()]
          .flat()
          .map(({ note }) => note)
          .sort(),
      ).toEqual(added.map(({ name }) => name).sort());
      await checkKeys(run, done);
    }),
    propertyRun(60),
  );
});

/** Its outcome is that of the model on the version that it says. */
function check({ name, command, outcome, since }: Done, events: readonly Stored[]): void {
  if (outcome.outcome === "key_taken") return;
  const added = outcome.outcome === "accepted" ? outcome.events.length : 0;
  const version = outcome.version - added;
  const sum = events.slice(0, version).reduce((total, { by }) => total + by, 0);
  expect(version).toBeGreaterThanOrEqual(since);
  expect(outcome.version).toBeLessThanOrEqual(events.length);
  if (added > 0) expect(events[version]).toEqual({ by: command.by, note: name });
  const isStale = command.expected !== null && command.expected !== version;
  const isRefused = sum + command.by > (command.most ?? Number.POSITIVE_INFINITY);
  expect({ name, outcome: outcome.outcome, sum: outcome.state.sum }).toEqual({
    name,
    outcome: isStale ? "stale" : isRefused ? "refused" : "accepted",
    sum: sum + (isStale || isRefused ? 0 : command.by),
  });
}

/** One command has each key, and its answer stands under it. */
async function checkKeys(run: number, done: readonly Done[]): Promise<void> {
  const rows = await sql<{ key: string; answer: { body: unknown } }[]>`
    select key, answer from stored_answers where key like ${`queues/${run}-%`}`;
  const answers = new Map(rows.map(({ key, answer }) => [key, answer.body]));
  const keyed = Map.groupBy(done, ({ command }) => command.key);
  for (const [key, commands] of keyed) {
    if (key === null) continue;
    const owners = commands.map(({ outcome }) => outcome).filter(({ outcome }) => outcome !== "key_taken");
    expect(
      owners.map((owner) => "version" in owner && { outcome: owner.outcome, version: owner.version }),
    ).toEqual([answers.get(keyOf(run, key)) as never]);
  }
}
