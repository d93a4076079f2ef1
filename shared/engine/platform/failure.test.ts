import { describe as block, expect, test } from "bun:test";
import { DrizzleQueryError } from "drizzle-orm/errors";
import pino from "pino";
import postgres from "postgres";
import { describe, Failure, loggedError } from "./failure.ts";
import { postgresFailure } from "./postgres.ts";

const SECRET = "Alice, 4 Privet Drive";

/** As the driver throws it, with all that the server said. */
function said(code: string, message: string): Error {
  const fields = { code, message, detail: `Key (id)=(${SECRET})`, where: `unnamed portal, $1 = '${SECRET}'` };
  return new (postgres as unknown as { PostgresError: new (of: object) => Error }).PostgresError(fields);
}

function failedQuery(cause?: Error): Error {
  return new DrizzleQueryError("insert into things values ($1)", [SECRET, `\n    at ${SECRET}`], cause);
}

/** All that could leave the process of an error: its text, and what a log makes of it. */
function everythingOf(error: unknown): string {
  const lines: string[] = [];
  const log = pino({ serializers: { err: loggedError } }, { write: (text: string) => void lines.push(text) });
  log.error({ err: error }, "it failed");
  return [describe(error), ...lines].join("\n");
}

block("an error's text", () => {
  test.each([
    ["what Drizzle wrapped", failedQuery(said("57014", "canceling statement due to user request"))],
    ["what Drizzle wrapped without a cause", failedQuery()],
    ["a wrap of a wrap", new Error("storing", { cause: failedQuery(said("23505", "duplicate key")) })],
    ["what was classified", postgresFailure("storing", failedQuery(said("53100", "could not extend file")))],
    ["a value that Postgres quotes", said("22P02", `invalid input syntax for type integer: "a "${SECRET}""`)],
    ["a value out of range", said("22003", `value "${SECRET}" is out of range for type integer`)],
  ])("never holds what people sent: %s", (_, error) => {
    expect(everythingOf(error)).not.toContain("Privet");
    expect(everythingOf(error)).not.toContain("insert into");
  });

  test("says what Postgres said, and each thing once", () => {
    const failure = postgresFailure("storing", failedQuery(said("53100", "disk full")));
    expect(describe(failure)).toBe("storing: disk full");
    expect(loggedError(failure)).toMatchObject({
      type: "Failure",
      message: "storing: disk full",
      code: "53100",
    });
  });

  test("names a code where the error has no words", () => {
    expect(describe(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
  });

  test("keeps where it came from", () => {
    expect(loggedError(new Failure("a", "b", true))).toMatchObject({
      retryable: true,
      stack: expect.stringMatching(/^Failure: b\n\s+at /),
    });
  });
});
