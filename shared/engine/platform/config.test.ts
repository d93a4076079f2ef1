import { expect, test } from "bun:test";
import { readConfig } from "./config.ts";

const refusal = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return "";
  } catch (error) {
    return String(error);
  }
};

test("all that can't work is refused at once, by its variables, and without a password", () => {
  expect(
    refusal({
      DATABASE_URL: "postgres://u:secret@h/db?pgbouncer=true",
      KAFKA_BROKERS: "a;b",
      HOST: " ",
    }).split("\n"),
  ).toEqual([
    "InvalidConfig: The environment is not usable:",
    expect.stringMatching(/^ {2}DATABASE_URL: pgbouncer=true /),
    expect.stringMatching(/^ {2}KAFKA_BROKERS: "a;b": expected host:port/),
    expect.stringMatching(/^ {2}HOST: is empty/),
  ] as unknown as string[]);
});

test("brokers whose protocol is encrypted or signed in to need what it takes", () => {
  const KAFKA_BROKERS = "SASL_SSL://a:1";
  expect(refusal({ KAFKA_BROKERS })).toContain("KAFKA_TLS=true");
  expect(refusal({ KAFKA_BROKERS })).toContain("KAFKA_SASL_MECHANISM");
  const sasl = { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };
  expect(readConfig({ KAFKA_BROKERS, KAFKA_TLS: "true", ...sasl }).KAFKA_BROKERS).toEqual(["a:1"]);
});
