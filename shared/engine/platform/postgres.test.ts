import { describe, expect, test } from "bun:test";
import { isPostgresAway, postgresFailure } from "./postgres.ts";

const failing = (code: string) => Object.assign(new Error("it failed"), { code });

describe("what Postgres says", () => {
  test.each([
    ...["57014", "57P01", "57P02", "57P03", "57P05", "53000", "53100", "53200", "53300", "53400"],
    ...["58000", "58030", "25006", "25P03", "55P03", "08006", "08P01", "28P01", "3D000", "42501", "42P01"],
    ...["CONNECTION_CLOSED", "CONNECT_TIMEOUT", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "CERT_HAS_EXPIRED"],
  ])("%s passes: a 503, and nobody's fault", (code) => {
    const wrapped = new Error("Failed query", { cause: failing(code) });
    expect(isPostgresAway(wrapped)).toBe(true);
    expect(postgresFailure("storing", wrapped)).toMatchObject({
      code: "postgres_unavailable",
      retryable: true,
    });
  });

  test.each(["40001", "40P01"])("%s is a lost race: a 503 where it gets as far", (code) => {
    expect(isPostgresAway(failing(code))).toBe(false);
    expect(postgresFailure("storing", failing(code))).toMatchObject({
      code: "postgres_unavailable",
      retryable: true,
    });
  });

  test.each(["22P02", "23505", "22003", "54000", "42601", "XX000", "NOT_TAGGED_CALL", "UNDEFINED_VALUE"])(
    "%s is about the statement or its values",
    (code) => {
      expect(isPostgresAway(failing(code))).toBe(false);
      expect(postgresFailure("storing", failing(code))).toMatchObject({
        code: "postgres_failed",
        retryable: false,
      });
    },
  );
});
