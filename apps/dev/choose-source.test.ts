import { expect, test } from "bun:test";
import { chooseSource, type Known } from "./choose-source.ts";

const bare: Known = {
  databaseUrl: undefined,
  brokers: undefined,
  dockerAsked: false,
  dockerAnswers: false,
  canCompose: true,
  missing: [],
};
const named = { databaseUrl: "postgres://elsewhere/x", brokers: "elsewhere:9092" };

test("without a word, both are embedded", () => {
  expect(chooseSource(bare)).toEqual({ postgres: "embedded", kafka: "embedded" });
});

test("what the environment names is used, each on its own, whatever else was asked", () => {
  expect(chooseSource({ ...bare, databaseUrl: named.databaseUrl })).toEqual({
    postgres: "external",
    kafka: "embedded",
  });
  expect(chooseSource({ ...bare, brokers: named.brokers, dockerAsked: true, dockerAnswers: true })).toEqual({
    postgres: "compose",
    kafka: "external",
  });
});

test("Docker stands in for a missing Java or Maven", () => {
  const known = { ...bare, missing: ["Maven (mvn)"], dockerAnswers: true };
  expect(chooseSource(known)).toEqual({ postgres: "compose", kafka: "compose" });
});

test("a missing Java matters only to a Kafka of ours", () => {
  const known = { ...bare, missing: ["Java 17 or later"], brokers: named.brokers };
  expect(chooseSource(known)).toEqual({ postgres: "embedded", kafka: "external" });
});

test("where nothing can work, one message says what to install", () => {
  const known = { ...bare, missing: ["Java 17 or later", "Maven (mvn)"] };
  expect(() => chooseSource(known)).toThrow(/Java 17 or later and Maven \(mvn\).*Docker.*KAFKA_BROKERS/);
  expect(() => chooseSource({ ...bare, dockerAsked: true })).toThrow(/Docker does not answer/);
});

// Seen to fail when it was said that Docker does not answer, which it did.
test("where compose.yaml is what is missing, the message says so", () => {
  const known = { ...bare, canCompose: false, dockerAnswers: true };
  expect(() => chooseSource({ ...known, dockerAsked: true })).toThrow(/of compose.yaml, and there is none/);
  expect(() => chooseSource({ ...known, missing: ["Maven (mvn)"] })).toThrow(/there is no compose.yaml/);
});
