import { expect, test } from "bun:test";
import { publicSettings, readConfig } from "./config.ts";
import { SECRETS } from "./secret-files.ts";

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

test("of the settings that are kept with an app's start none is a secret, and none is left out that was set", () => {
  const secrets = Object.fromEntries(SECRETS.map((name) => [name, "a-secret-of-twenty-two-characters"]));
  const config = readConfig({
    ...secrets,
    DATABASE_ROLE_PASSWORDS: "relay=a-secret-of-twenty-two-characters",
    DATABASE_URL: "postgres://user:a-secret-of-twenty-two-characters@db/millrace",
    KAFKA_SASL_MECHANISM: "plain",
    KAFKA_SASL_USERNAME: "ann",
    MILLRACE_AUTH: "required",
    MILLRACE_OWN_PASSWORD: "a-secret-of-the-shop",
  });
  const shown = publicSettings(config);
  expect(JSON.stringify(shown)).not.toContain("a-secret");
  expect(shown).toEqual({
    KAFKA_SASL_MECHANISM: "plain",
    KAFKA_SASL_USERNAME: "ann",
    MILLRACE_AUTH: "required",
    alsoSet: ["MILLRACE_OWN_PASSWORD"],
  });
});
