import { afterAll, beforeAll, expect, test } from "bun:test";
import { testStack } from "@millrace/testing/stack";
import { copyIn, copyLine, type Field } from "./copy.ts";
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
  await sql`create table copied (id integer primary key, text text, flag boolean)`;
});
afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await drop?.();
});

const COPY = "copy copied (id, text, flag) from stdin";
const copy = (...rows: Field[][]) => copyIn(db, COPY, rows.map(copyLine).join(""));
const copied = () => sql`select * from copied order by id`;

test("fields arrive as they were, whatever they hold", async () => {
  const texts = [
    "plain",
    "a\tb\\c\nd\re",
    "\\N",
    "\\.",
    "",
    null,
    '{"a":"\\n"}',
    "ü€😀",
    "x".repeat(3_000_000),
  ];
  await copy(...texts.map((text, id) => [id, text, id % 2 === 0]));
  expect(await copied()).toEqual(texts.map((text, id) => ({ id, text, flag: id % 2 === 0 })) as never);
  await sql`truncate copied`;
}, 30_000);

test("rows of which one can't be taken are refused together, and the transaction with them", async () => {
  const refused = db.transaction(async (tx) => {
    await copyIn(tx, COPY, copyLine([1, "one", true]));
    await copyIn(tx, COPY, [2, 3, 1].map((id) => copyLine([id, "again", true])).join(""));
  });
  const error = await refused.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(hasCode(error, (code) => code === UNIQUE_VIOLATION)).toBe(true);
  expect(await copied()).toHaveLength(0);
  await copy([1, "one", true]);
  expect(await copied()).toHaveLength(1);
  await sql`truncate copied`;
}, 30_000);

test("a connection that dies under it is said to be away", async () => {
  const died = db.transaction(async (tx) => {
    const [own] = await tx.execute("select pg_backend_pid() as pid");
    const lines = Array.from({ length: 200_000 }, (_, id) => copyLine([id, "x".repeat(100), true])).join("");
    const copying = copyIn(tx, COPY, lines);
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
    await Promise.all([copyIn(tx, COPY, copyLine([1, "one", true])), killing]);
  });
  expect(isPostgresAway(await died.then(() => undefined).catch((thrown: unknown) => thrown))).toBe(true);
}, 30_000);
