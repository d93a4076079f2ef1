// Events on their topic, read by the SDK of the CloudEvents project: others need nothing of ours to read them.
import { expect, test } from "bun:test";
import { Kafka as CloudEvents } from "cloudevents";
import { createLog } from "@millrace/platform/log";
import { testStack } from "@millrace/testing/stack";
import { createTopic } from "./admin.ts";
import { createKafka } from "./client.ts";
import { toRecord } from "./event-record.ts";
import { NO_NAMES } from "./names.ts";
import { createPublisher } from "./publish.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Seen to fail without ce_source, which CloudEvents requires.
test("an event on its topic is a CloudEvent to the project's own SDK, in binary mode", async () => {
  const stack = await testStack();
  const log = createLog("test", "silent");
  const kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "test", log });
  const topic = stack.uniqueName("events");
  await createTopic(kafka, topic, 1);
  const publisher = createPublisher(kafka);
  const metadata = { actor: "clerk:ann", correlationId: "c", causationId: "r", traceparent: TRACEPARENT };
  const event = { type: "ThingMoved", schemaVersion: 2, at: "2026-01-31T12:00:00.000Z", metadata };
  const data = { to: "Zürich" };
  await publisher.publish([
    { ...toRecord({ ...event, stream: "thing-42", version: 3, data: JSON.stringify(data) }), topic },
  ]);

  const consumer = kafka.consumer({ groupId: stack.uniqueName("reader") });
  const read = Promise.withResolvers<{ readonly toJSON: () => unknown; readonly validate: () => boolean }>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    async eachMessage({ message }) {
      // As its README has it: kafkajs gives headers as bytes.
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      const value = String(message.value);
      read.resolve(
        CloudEvents.toEvent({ headers, key: String(message.key), value, body: value } as never) as never,
      );
    },
  });
  const cloudEvent = await read.promise;
  await consumer.disconnect();
  await publisher.disconnect();
  expect(cloudEvent.validate()).toBe(true);
  expect(cloudEvent.toJSON()).toMatchObject({
    specversion: "1.0",
    id: "thing-42@3",
    source: "millrace/event-store",
    type: "ThingMoved",
    time: "2026-01-31T12:00:00.000Z",
    subject: "thing-42",
    datacontenttype: "application/json",
    partitionkey: "42",
    streamversion: "3",
    schemaversion: "2",
    actor: "clerk:ann",
    traceparent: TRACEPARENT,
    data,
  });
});
