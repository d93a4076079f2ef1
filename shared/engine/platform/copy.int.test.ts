import { afterAll, beforeAll, expect, test } from "bun:test";
import { testStack } from "@millrace/testing/stack";
import { CopyRows, type CopyType, type CopyValue, copyIn } from "./copy.ts";
import {
  connectPostgres,
  type Database,
  hasCode,
  isPostgresAway,
  type Sql,
  UNIQUE_VIOLATION,
} from "./postgres.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  drop = database.drop;
  ({ sql, db } = connectPostgres({ url: database.url, name: "copy-test", connectionsMax: 2 }));
  await sql`create table copied (
    id integer primary key, text text, flag boolean, large bigint, at timestamp(3) with time zone)`;
});
afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await drop?.();
});

const COLUMNS: readonly CopyType[] = ["integer", "text", "boolean", "bigint", "timestamptz"];
const COPY = "copy copied (id, text, flag, large, at) from stdin (format binary)";

function rowsOf(...rows: CopyValue[][]): CopyRows {
  const copied = new CopyRows();
  for (const row of rows) {
    copied.begin(row.length);
    for (const [index, value] of row.entries()) copied.field(COLUMNS[index] as CopyType, value);
  }
  return copied;
}

const row = (id: number, text: string | null = "") => [id, text, true, 0, "2026-01-01T00:00:00.000Z"];
const copied = () => sql`select * from copied order by id`;

test("texts arrive as they were, whatever they hold", async () => {
  const texts = [
    "plain",
    "a\tb\\c\nd\re",
    "\\N",
    "\\.",
    "",
    null,
    '{"a":"\\n"}',
    "ü€😀",
    "ü€😀".repeat(1_000_000),
  ];
  await copyIn(db, COPY, rowsOf(...texts.map((text, id) => row(id, text))));
  expect((await copied()).map(({ text }) => text)).toEqual(texts);
  await sql`truncate copied`;
}, 30_000);

test("numbers and times arrive as they were, to their ends", async () => {
  const numbers = [
    0,
    1,
    -1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  const times = [
    "2026-11-26T22:03:58.226Z",
    "1999-12-31T23:59:59.999Z",
    "2000-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.001Z",
    "2024-02-29T12:00:00.500Z",
    "9999-12-31T23:59:59.999Z",
    "+010000-01-01T00:00:00.000Z",
    "0001-01-01T00:00:00.000Z",
  ];
  await copyIn(
    db,
    COPY,
    rowsOf(...numbers.map((large, id) => [id - 4, "", id % 2 === 0, large, times[id] ?? null])),
  );
  const stored = await sql`
    select id, flag, large, (extract(epoch from at) * 1000)::bigint as at from copied order by id`;
  expect(stored.map(({ id }) => id)).toEqual(numbers.map((_, id) => id - 4));
  expect(stored.map(({ flag }) => flag)).toEqual(numbers.map((_, id) => id % 2 === 0));
  expect(stored.map(({ large }) => Number(large))).toEqual(numbers);
  expect(stored.map(({ at }) => Number(at))).toEqual(times.map((time) => Date.parse(time)));
  await sql`truncate copied`;
}, 30_000);

test("rows of which one can't be taken are refused together, and the transaction with them", async () => {
  const refused = db.transaction(async (tx) => {
    await copyIn(tx, COPY, rowsOf(row(1)));
    await copyIn(tx, COPY, rowsOf(row(2), row(3), row(1)));
  });
  const error = await refused.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(hasCode(error, (code) => code === UNIQUE_VIOLATION)).toBe(true);
  expect(await copied()).toHaveLength(0);
  await copyIn(db, COPY, rowsOf(row(1)));
  expect(await copied()).toHaveLength(1);
  await sql`truncate copied`;
}, 30_000);

test("a connection that dies under it is said to be away", async () => {
  const died = db.transaction(async (tx) => {
    const [own] = await tx.execute("select pg_backend_pid() as pid");
    const copying = copyIn(
      tx,
      COPY,
      rowsOf(...Array.from({ length: 100_000 }, (_, id) => row(id, "x".repeat(200)))),
    );
    await Promise.all([copying, sql`select pg_terminate_backend(${own?.pid as number})`]);
  });
  expect(isPostgresAway(await died.then(() => undefined).catch((thrown: unknown) => thrown))).toBe(true);
  expect(await copied()).toHaveLength(0);
}, 30_000);

test("so is one that dies once everything has been sent", async () => {
  await sql`create function sleep() returns trigger language plpgsql as 'begin perform pg_sleep(20); return null; end'`;
  await sql`create trigger slow after insert on copied execute function sleep()`;
  const died = db.transaction(async (tx) => {
    const [own] = await tx.execute("select pg_backend_pid() as pid");
    const killing = Bun.sleep(500).then(() => sql`select pg_terminate_backend(${own?.pid as number})`);
    await Promise.all([copyIn(tx, COPY, rowsOf(row(1))), killing]);
  });
  expect(isPostgresAway(await died.then(() => undefined).catch((thrown: unknown) => thrown))).toBe(true);
}, 30_000);
