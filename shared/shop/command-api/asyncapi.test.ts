// What is said of Kafka, of every aggregate of the shop.
import { expect, test } from "bun:test";
import { Parser } from "@asyncapi/parser";
import { asyncapi } from "@millrace/commands/asyncapi";
import { namedReader } from "@millrace/commands/command-names";
import { topicOf } from "@millrace/events/topics";
import { shop } from "../shop.ts";

const settings = { currency: "USD" };
const document = asyncapi({
  aggregates: shop.aggregates,
  settings,
  kafka: { prefix: "two.", names: shop.kafkaNames },
});
const { channels } = document;

/** Severities of the AsyncAPI project's linter that find fault; what is below is advice. */
const WARNING = 1;

// Seen to fail with operations on a channel that there is not.
test("the AsyncAPI project's own parser finds no fault with the document", async () => {
  const parsed = await new Parser().parse(JSON.stringify(document));
  const faults = parsed.diagnostics.filter(({ severity }) => severity <= WARNING);
  expect(faults.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([]);
  expect(parsed.document?.allMessages().length).toBeGreaterThan(shop.aggregates.length);
}, 60_000);

test("each aggregate's topic has every event in every version that was ever stored", () => {
  for (const { name, codec } of shop.aggregates) {
    const topic = channels[topicOf(name)];
    expect(topic?.address).toBe(`two.${name}-events`);
    // The schema of an earlier version is known no longer.
    const versions = [...codec.shapes].flatMap(([type, { schemaVersion }]) =>
      Array.from({ length: schemaVersion }, (_, index) => [
        `${type}.v${index + 1}`,
        index + 1 === schemaVersion,
      ]),
    );
    const messages = Object.entries(topic?.messages ?? {});
    expect(messages.map(([message, { payload }]) => [message, payload !== undefined])).toEqual(versions);
  }
});

test("the commands' topic has every command that is taken by its name", () => {
  const refused = namedReader(shop.aggregates, { newId: () => "1", settings })({
    type: "nameless",
    payload: {},
  });
  const names = refused.ok ? "" : refused.issues[0]?.message.replace("Must be one of ", "");
  const topic = channels[shop.kafkaNames.commandsTopic];
  expect(topic?.address).toBe(`two.${shop.kafkaNames.commandsTopic}`);
  expect(Object.keys(topic?.messages ?? {})).toEqual(names?.split(", ") ?? []);
});
