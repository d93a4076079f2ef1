import { describe, expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { testStack } from "@millrace/testing/stack";
import { createTopic } from "./admin.ts";
import { createKafka } from "./client.ts";
import { NO_NAMES } from "./names.ts";
import { createPublisher } from "./publish.ts";

const record = (topic: string) => ({ topic, key: "k", value: "{}", headers: {} });

describe("createPublisher", () => {
  // Seen to fail with the client kept after a failure: kafkajs asks for the deleted topic for ever.
  test("a topic that is deleted after use does not fail records for other topics", async () => {
    const stack = await testStack();
    const kafka = createKafka({
      names: NO_NAMES,
      brokers: stack.brokers,
      clientId: "test",
      log: createLog("test", "silent"),
    });
    const [gone, stays] = [stack.uniqueName("gone"), stack.uniqueName("stays")];
    const admin = kafka.admin();
    await admin.connect();
    for (const topic of [gone, stays]) await createTopic(kafka, topic, 1);
    const publisher = createPublisher(kafka);
    await publisher.publish([record(gone)]);
    await admin.deleteTopics({ topics: [gone] });
    await expect(publisher.publish([record(gone)])).rejects.toMatchObject({ code: "kafka_unavailable" });
    await publisher.publish([record(stays)]);
    const [offsets] = await admin.fetchTopicOffsets(stays);
    expect(offsets?.high).toBe("1");
    await publisher.disconnect();
    await admin.disconnect();
  });

  // Seen to fail with kafkajs' own sendBatch: one error for all of them, and what the others had stored was not known.
  test("what one topic refuses, or is not there, is said of it alone, and what the others stored of them", async () => {
    const stack = await testStack();
    const kafka = createKafka({
      names: NO_NAMES,
      brokers: stack.brokers,
      clientId: "test",
      log: createLog("test", "silent"),
    });
    const [gone, small, stays] = ["gone", "small", "stays"].map((name) => stack.uniqueName(name)) as [
      string,
      string,
      string,
    ];
    const admin = kafka.admin();
    await admin.connect();
    await createTopic(kafka, small, 1, { "max.message.bytes": "1000" });
    await createTopic(kafka, stays, 1);
    const publisher = createPublisher(kafka);
    const large = { ...record(small), value: "x".repeat(2_000) };
    const sent = await publisher.send([large, record(gone), record(stays), record(stays)]);
    const fates = sent.map((group) => [
      group.topic,
      group.records,
      "offset" in group ? group.offset : group.refusal.code,
    ]);
    expect(fates).toEqual(
      expect.arrayContaining([
        [small, [0], "MESSAGE_TOO_LARGE"],
        [gone, [1], "UNKNOWN_TOPIC_OR_PARTITION"],
        [stays, [2, 3], 0],
      ]),
    );
    expect((await admin.fetchTopicOffsets(stays))[0]?.high).toBe("2");
    await publisher.disconnect();
    await admin.disconnect();
  });

  test("a failure is said as kafka_unavailable and is worth a retry", async () => {
    const kafka = createKafka({
      names: NO_NAMES,
      brokers: ["127.0.0.1:1"],
      clientId: "test",
      log: createLog("test", "silent"),
    });
    await expect(createPublisher(kafka).publish([record("any")])).rejects.toMatchObject({
      code: "kafka_unavailable",
      retryable: true,
    });
  });
});
