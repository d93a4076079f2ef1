import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { Tx } from "./postgres.ts";
import { named, type Statement, statement, statementAround, type Values } from "./statement.ts";

/** What a statement sends, before anything else has had a turn. */
function sent(made: Statement, values: Values): unknown[] {
  const sent: unknown[] = [];
  const unsafe = (text: string, params: unknown[], options: object) => ({
    execute: async () => {
      sent.push({ text, params, options });
      return [];
    },
  });
  void made.run({ _: { session: { client: { unsafe } } } } as unknown as Tx, values);
  return sent;
}

test("has the same text each time, and its values in their places", () => {
  const part = sql`where ${sql.identifier("id")} = ${named("id")}`;
  const select = statement(
    sql`select ${named("what")}::text from things ${part} or ${named("what")} is null`,
  );
  const text = `select $1::text from things where "id" = $2 or $3 is null`;
  const options = { prepare: true };
  expect(sent(select, { id: 7, what: "x" })).toEqual([{ text, params: ["x", 7, "x"], options }]);
  expect(sent(select, { id: null, what: "y" })).toEqual([{ text, params: ["y", null, "y"], options }]);
});

test("takes no value that would stay for ever", () => {
  expect(() => statement(sql`select ${7}`)).toThrow("holds the value 7");
});

test("is made once around each part", () => {
  let made = 0;
  const around = statementAround((part) => {
    made++;
    return sql`select from (${part}) as part`;
  });
  const [one, two] = [sql`select ${named("x")}`, sql`select 2`];
  for (const x of [1, 2]) {
    expect(sent(around(one), { x })).toMatchObject([
      { text: "select from (select $1) as part", params: [x] },
    ]);
    expect(sent(around(two), {})).toMatchObject([{ text: "select from (select 2) as part", params: [] }]);
  }
  expect(made).toBe(2);
});
