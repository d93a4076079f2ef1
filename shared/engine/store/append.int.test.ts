import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import type { Append } from "./append.ts";
import { readOutbox } from "./outbox.ts";
import { appendBatch } from "./testing/append-batch.ts";

let sql: Sql;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql } = connectPostgres({ url: database.url, name: "append-test", connectionsMax: 8 }));
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
): Append {
  return {
    stream,
    expectedVersion,
    events: types.map((type) => ({ type, schemaVersion: 1, data: { of: type } })),
    metadata: { actor: "tester", correlationId: "c", causationId: "r" },
    at: AT,
    ...more,
  };
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
  const { entries } = await readOutbox(sql, { lanes: [0, 1, 2, 3], except: [], entriesMax: 10_000 });
  return entries.flatMap((entry) =>
    entry.events.filter((event) => event.stream === stream).map((event) => event.version),
  );
}

describe("append_batch", () => {
  test("a command's events are stored with what the outbox needs to carry them, byte for byte", async () => {
    const stream = newStream();
    const data = { b: 1, a: 'tab\tline\nquote"', unicode: "ß😀", big: 12345678901234567000 };
    const event = { type: "Shaped", schemaVersion: 3, data };
    expect(await appendBatch(sql, [append(stream, 0, [], { events: [event] })])).toEqual(["appended"]);
    const [row] = await sql<{ data: string; kind: string }[]>`
      select data::text, json_typeof(data) as kind from events where stream = ${stream}`;
    expect(row).toEqual({ data: JSON.stringify(data), kind: "object" });
    const { entries } = await readOutbox(sql, { lanes: [0, 1, 2, 3], except: [], entriesMax: 10_000 });
    const sent = entries.flatMap((entry) => entry.events).find((each) => each.stream === stream);
    expect(sent).toEqual({
      stream,
      version: 1,
      type: "Shaped",
      schemaVersion: 3,
      at: AT,
      metadata: { actor: "tester", correlationId: "c", causationId: "r" },
      data: JSON.stringify(data),
    });
  });

  test("one stream's conflict fails its own command and no other of the batch", async () => {
    const [taken, free, other] = [newStream(), newStream(), newStream()];
    await appendBatch(sql, [append(taken, 0, ["First"])]);
    const outcomes = await appendBatch(sql, [
      append(free, 0, ["A", "B"]),
      append(taken, 0, ["Late", "Later"]),
      append(other, 0, ["C"]),
    ]);
    expect(outcomes).toEqual(["appended", "conflict", "appended"]);
    expect(await typesOf(taken)).toEqual(["First"]);
    expect(await typesOf(free)).toEqual(["A", "B"]);
    expect(await typesOf(other)).toEqual(["C"]);
    expect(await outboxOf(taken)).toEqual([1]);
    expect(await outboxOf(free)).toEqual([1, 2]);
  });

  test("a command decided on a version that the stream has not reached is a conflict, not a gap", async () => {
    const stream = newStream();
    expect(await appendBatch(sql, [append(stream, 3, ["FromTheFuture"])])).toEqual(["conflict"]);
    expect(await typesOf(stream)).toEqual([]);
    expect(await outboxOf(stream)).toEqual([]);
  });

  test("two writers on one version, each in its own transaction: one wins whole, the other appends nothing", async () => {
    for (let round = 0; round < 20; round++) {
      const stream = newStream();
      const outcomes = await Promise.all([
        appendBatch(sql, [append(stream, 0, ["Left", "LeftAgain"])]),
        appendBatch(sql, [append(stream, 0, ["Right"])]),
      ]);
      expect(outcomes.flat().sort()).toEqual(["appended", "conflict"]);
      const expected = outcomes[0]?.[0] === "appended" ? ["Left", "LeftAgain"] : ["Right"];
      expect(await typesOf(stream)).toEqual(expected);
    }
  });

  test("a taken key fails only its own command, which appends nothing", async () => {
    const [first, second, third] = [newStream(), newStream(), newStream()];
    const key = `http/${first}`;
    expect(await appendBatch(sql, [append(first, 0, ["A"], keyed(key))])).toEqual(["appended"]);
    const again = await appendBatch(sql, [append(second, 0, ["B"], keyed(key)), append(third, 0, ["C"])]);
    expect(again).toEqual([{ keysTaken: [0] }, "appended"]);
    expect(await typesOf(second)).toEqual([]);
    expect(await typesOf(third)).toEqual(["C"]);
  });

  test("a conflict gives its key back, so that the retry is decided anew", async () => {
    const stream = newStream();
    await appendBatch(sql, [append(stream, 0, ["A"])]);
    const key = `http/${stream}`;
    expect(await appendBatch(sql, [append(stream, 0, ["B"], keyed(key))])).toEqual(["conflict"]);
    expect(await appendBatch(sql, [append(stream, 1, ["B"], keyed(key))])).toEqual(["appended"]);
    expect(await typesOf(stream)).toEqual(["A", "B"]);
  });

  test("an answer without events is stored alone", async () => {
    const stream = newStream();
    const key = `http/${stream}`;
    expect(await appendBatch(sql, [append(stream, 0, [], keyed(key))])).toEqual(["appended"]);
    expect(await appendBatch(sql, [append(stream, 0, ["A"], keyed(key))])).toEqual([{ keysTaken: [0] }]);
    expect(await typesOf(stream)).toEqual([]);
  });

  test("batches that take the same streams and keys in opposite things never deadlock", async () => {
    for (let round = 0; round < 10; round++) {
      const names = Array.from({ length: 20 }, newStream);
      const forward = names.map((name) => append(name, 0, ["F"], keyed(`deadlock/${name}`)));
      const backward = [...names].reverse().map((name) => append(name, 0, ["B"], keyed(`deadlock/${name}`)));
      const outcomes = (await Promise.all([appendBatch(sql, forward), appendBatch(sql, backward)])).flat();
      expect(outcomes.filter((outcome) => outcome === "appended")).toHaveLength(20);
    }
  });
});
