import { afterAll, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import type { Append } from "./append.ts";
import { createAppender } from "./appender.ts";
import { readOutbox } from "./outbox.ts";
import { type PrintedAppend, printAppend } from "./printed-append.ts";

let sql: Sql;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({ url: database.url, name: "appender-test", connectionsMax: 8 }));
});
afterAll(async () => {
  await sql.end();
  await drop();
});

const AT = "2026-01-02T03:04:05.678Z";

let streams = 0;
function newStream(): string {
  return `thing-${++streams}`;
}

function append(
  stream: string,
  expectedVersion: number,
  types: readonly string[],
  more: Partial<Append> = {},
): PrintedAppend {
  return printAppend({
    stream,
    expectedVersion,
    events: types.map((type) => ({ type, schemaVersion: 1, data: { of: type } })),
    metadata: { actor: "tester", correlationId: "c", causationId: "r" },
    at: AT,
    ...more,
  });
}

function keyed(key: string, fingerprint = "f"): Pick<Append, "keyed"> {
  return { keyed: { key, fingerprint, answer: { status: 201, headers: {}, body: { key } } } };
}

async function typesOf(stream: string): Promise<string[]> {
  const rows = await sql<
    { type: string }[]
  >`select type from events where stream = ${stream} order by version`;
  return rows.map((row) => row.type);
}

async function outboxOf(stream: string): Promise<number[]> {
  const seen: number[] = [];
  const versions: number[] = [];
  // Read as the relay does: up to a bound on bytes at once.
  for (;;) {
    const { entries } = await readOutbox(sql, { lanes: [0, 1, 2, 3], except: seen, entriesMax: 10_000 });
    if (entries.length === 0) return versions;
    seen.push(...entries.map(({ id }) => id));
    const events = entries.flatMap((entry) => entry.events);
    versions.push(...events.filter((event) => event.stream === stream).map((event) => event.version));
  }
}

const bounds = { queueMax: 1_000, queueBytesMax: 50_000_000, batchMax: 50, flightsMax: 2 };

test("concurrent commands share commits", async () => {
  const sizes: number[] = [];
  const appender = createAppender(sql, bounds, (size) => sizes.push(size));
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, () => appender.append(append(newStream(), 0, ["A"]))),
  );
  expect(new Set(outcomes)).toEqual(new Set(["appended"]));
  expect(sizes.length).toBeLessThan(20);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(bounds.batchMax);
});

test("racing commands on one version: one is appended, every other one is a conflict", async () => {
  const stream = newStream();
  const appenders = [createAppender(sql, bounds), createAppender(sql, bounds)];
  const racers = Array.from({ length: 50 }, (_, index) =>
    appenders[index % 2]?.append(append(stream, 0, ["A", "B"])),
  );
  const outcomes = await Promise.all(racers);
  expect(outcomes.filter((outcome) => outcome === "appended")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "conflict")).toHaveLength(49);
  expect(await typesOf(stream)).toEqual(["A", "B"]);
});

test("racing commands with one key: one is appended, every other one finds the key taken", async () => {
  const appenders = [createAppender(sql, bounds), createAppender(sql, bounds)];
  const names = Array.from({ length: 50 }, newStream);
  const outcomes = await Promise.all(
    names.map((name, index) => appenders[index % 2]?.append(append(name, 0, ["A"], keyed("one-key")))),
  );
  expect(outcomes.filter((outcome) => outcome === "appended")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome !== "appended")).toEqual(Array(49).fill({ keysTaken: [0] }));
});

test("past its queue's bound a command is refused at once, and those before it go through", async () => {
  const appender = createAppender(sql, { ...bounds, queueMax: 5, batchMax: 2, flightsMax: 1 });
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => appender.append(append(newStream(), 0, ["A"]))),
  );
  expect(results.map((result) => result.status)).toEqual([
    ...Array(5).fill("fulfilled"),
    ...Array(3).fill("rejected"),
  ]);
  expect((results[7] as PromiseRejectedResult).reason).toMatchObject({
    code: "append_queue_full",
    retryable: true,
  });
});

// Seen to fail with no try of each command alone.
test("a command whose values Postgres refuses fails alone", async () => {
  const appender = createAppender(sql, bounds);
  const good = newStream();
  const results = await Promise.allSettled([
    appender.append(append(good, 0, ["A"])),
    appender.append(append(newStream(), 0, ["A"], { at: "never" })),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
  expect(await typesOf(good)).toEqual(["A"]);
});

test("a name that the store can't hold is refused before it meets others", () => {
  for (const stream of [`thing-${"x".repeat(2_000)}`, "thing-a\tb"]) {
    expect(() => append(stream, 0, ["A"])).toThrow();
  }
  expect(() => append(newStream(), 0, ["A"], keyed("k".repeat(2_000)))).toThrow();
});

// 54000 is what Postgres says after the commit where its queue of notifications is full. Seen to fail when each
// command was tried alone then: what had been committed lost against itself.
test.each(["54000", "57014", "53100", "25006"])(
  "after a failure that says nothing of a command's values (%s) no command is tried again, and each may be",
  async (sqlstate) => {
    await sql.unsafe(`
      create sequence if not exists tries_${sqlstate};
      create or replace function refuse() returns trigger language plpgsql as $$
      begin
        perform nextval('tries_' || split_part(new.stream, '-', 2));
        raise exception 'refused' using errcode = split_part(new.stream, '-', 2);
      end $$;
      create or replace trigger refuse before insert on events for each row
      when (new.stream like 'refused-%') execute function refuse()`);
    const appender = createAppender(sql, bounds);
    const names = ["a", "b"].map((id) => `refused-${sqlstate}-${id}`);
    const results = await Promise.allSettled(names.map((name) => appender.append(append(name, 0, ["A"]))));
    const reason = { code: "postgres_unavailable", retryable: true };
    expect(results).toMatchObject([{ reason }, { reason }]);
    const [tries] = await sql.unsafe<{ tries: number }[]>(
      `select last_value::int as tries from tries_${sqlstate}`,
    );
    expect(tries?.tries).toBe(1);
  },
);

/** Data of so many bytes, printed. */
function large(bytes: number): Partial<Append> {
  return { events: [{ type: "Large", schemaVersion: 1, data: { of: "ß".repeat(bytes / 2) } }] };
}

// Seen to fail: such an event was stored, and no event of any stream was published after it.
test("an event that Kafka can't carry is refused before it is stored", () => {
  append(newStream(), 0, [], large(990_000));
  expect(() => append(newStream(), 0, [], large(1_000_000))).toThrow(
    expect.objectContaining({ code: "event_too_large", retryable: false }),
  );
});

test("a command whose events together are too large for one statement is refused whole", () => {
  const [event] = large(900_000).events ?? [];
  const events = Array.from({ length: 5 }, () => event as NonNullable<typeof event>);
  expect(() => append(newStream(), 0, [], { events })).toThrow(
    expect.objectContaining({ code: "event_too_large" }),
  );
});

// Seen to fail with batches bounded by number alone.
test("a statement and each entry of the outbox are bounded in bytes, and streams keep their order", async () => {
  await sql`delete from outbox`;
  const sizes: number[] = [];
  const appender = createAppender(sql, bounds, (size) => sizes.push(size));
  const names = Array.from({ length: 10 }, newStream);
  const two = { events: [...(large(510_000).events ?? []), ...(large(520_000).events ?? [])] };
  await Promise.all(names.map((name) => appender.append(append(name, 0, [], two))));
  expect(sizes).toEqual(Array(10).fill(1));
  const entries = await sql<{ lane: number; bytes: number }[]>`
    select lane, octet_length(messages) as bytes from outbox`;
  expect(Math.max(...entries.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_000_000);
  for (const name of names) expect(await outboxOf(name)).toEqual([1, 2]);
});

// Seen to fail with a queue bounded by number alone.
test("past the bytes that may wait a command is refused at once, and taken again once there is room", async () => {
  const appender = createAppender(sql, { ...bounds, queueBytesMax: 2_000_000 });
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, () => appender.append(append(newStream(), 0, [], large(600_000)))),
  );
  expect(results.map(({ status }) => status)).toEqual([
    ...Array(3).fill("fulfilled"),
    ...Array(2).fill("rejected"),
  ]);
  expect(results[4]).toMatchObject({ reason: { code: "append_queue_full", retryable: true } });
  expect(appender.bytes()).toBe(0);
  expect(await appender.append(append(newStream(), 0, [], large(600_000)))).toBe("appended");
});

test("draining finishes what waits and takes nothing more", async () => {
  const appender = createAppender(sql, bounds);
  const stream = newStream();
  const last = appender.append(append(stream, 0, ["A"]));
  await appender.drain();
  expect(await last).toBe("appended");
  await expect(appender.append(append(newStream(), 0, ["A"]))).rejects.toMatchObject({
    code: "shutting_down",
  });
});
