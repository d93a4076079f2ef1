import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { named, statement, statementAround } from "./statement.ts";

const printed = (query: ReturnType<typeof sql>) => {
  const { sql: text, params } = new PgDialect().sqlToQuery(query);
  return { text, params };
};

test("has the same text each time, and its values in their places", () => {
  const part = sql`where ${sql.identifier("id")} = ${named("id")}`;
  const select = statement(
    sql`select ${named("what")}::text from orders ${part} or ${named("what")} is null`,
  );
  const text = `select $1::text from orders where "id" = $2 or $3 is null`;
  expect(printed(select({ id: 7, what: "x" }))).toEqual({ text, params: ["x", 7, "x"] });
  expect(printed(select({ id: null, what: "y" }))).toEqual({ text, params: ["y", null, "y"] });
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
    expect(printed(around(one)({ x }))).toEqual({ text: "select from (select $1) as part", params: [x] });
    expect(printed(around(two)({}))).toEqual({ text: "select from (select 2) as part", params: [] });
  }
  expect(made).toBe(2);
});
