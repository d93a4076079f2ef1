// How long answers are kept, on a real database and beside a real topic.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { secondsOfCommands } from "@millrace/commands/forgetting";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { recordsKeptMs } from "@millrace/kafka/topics";
import { createLog } from "@millrace/platform/log";
import { forgetAnswers } from "@millrace/store/idempotency";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { shop } from "../shop.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const DAY_SECONDS = 86_400;
const log = createLog("forgetting-test", "silent");
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const kept = async () => (await api.sql`select key from stored_answers order by key`).map(({ key }) => key);

// Seen to fail: a group that had lost its offsets made six orders of three commands.
test("answers to commands outlive the retention for as long as Kafka may deliver the commands again", async () => {
  const ofCommands = ["kafka/orders-commands/0/1/1000", "kafka-key/k", "command-id/c"];
  for (const key of [...ofCommands, "http/k", "0/http/k", "command/1"]) {
    await api.sql`
      insert into stored_answers (key, fingerprint, answer, stored_at)
      values (${key}, '', '{}', now() - interval '5 days')`;
  }
  expect(await forgetAnswers(api.sql, 1, 15 * DAY_SECONDS)).toBe(3);
  expect(await kept()).toEqual([...ofCommands].sort());
  expect(await forgetAnswers(api.sql, 1, undefined)).toBe(0);
  expect(await forgetAnswers(api.sql, 30, 4 * DAY_SECONDS)).toBe(0);
  expect(await forgetAnswers(api.sql, 1, 4 * DAY_SECONDS)).toBe(3);
});

test("Kafka says for how long: retention, a segment's time and a day for clocks; for ever where nothing is deleted", async () => {
  const stack = await testStack();
  const kafka = createKafka({ names: shop.kafkaNames, brokers: stack.brokers, clientId: "test", log });
  const topic = stack.uniqueName("retained");
  await createTopic(kafka, topic, 1);
  const admin = kafka.admin();
  await admin.connect();
  const set = (configEntries: { name: string; value: string }[]) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
  const seconds = () => secondsOfCommands(() => recordsKeptMs(kafka, topic), log);
  expect(await seconds()).toBe((7 + 7 + 1) * DAY_SECONDS);
  await set([
    { name: "retention.ms", value: "3600000" },
    { name: "segment.ms", value: "60000" },
  ]);
  await eventually(async () => expect(await seconds()).toBe(3_600 + 60 + DAY_SECONDS));
  await set([{ name: "retention.ms", value: "-1" }]);
  await eventually(async () => expect(await seconds()).toBeUndefined());
  await set([{ name: "cleanup.policy", value: "compact" }]);
  await eventually(async () => expect(await seconds()).toBeUndefined());
  await admin.disconnect();
});

test("where Kafka does not say it, nothing that it may deliver again is forgotten", async () => {
  expect(await secondsOfCommands(() => Promise.reject(new Error("not authorized")), log)).toBeUndefined();
});
