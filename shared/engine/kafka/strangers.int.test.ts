// What other people's clients do to topics that we read.

import { beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { CompressionCodecs, CompressionTypes, ConfigResourceTypes } from "kafkajs";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { type TestStack, testStack } from "@millrace/testing/stack";
import { createTopic, topicOffsets } from "./admin.ts";
import { createKafka, type KafkaClient } from "./client.ts";
import { BATCH_BYTES_MAX } from "./codecs.ts";
import { type Consumer, createConsumer } from "./consume.ts";
import { consumeEach } from "./consume-each.ts";
import { NO_NAMES } from "./names.ts";
import { createPublisher, type OutgoingRecord } from "./publish.ts";
import { readTopic } from "./read-topic.ts";
import { headerBytes, keyBytes, type ReceivedRecord } from "./received-record.ts";
import { deleteTopic } from "./topics.ts";

const log = createLog("strangers-test", "silent");
let stack: TestStack;
let kafka: KafkaClient;

beforeAll(async () => {
  stack = await testStack();
  kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "strangers-test", log });
});

async function topicOf(name: string, settings: Record<string, string> = {}): Promise<string> {
  const topic = stack.uniqueName(name);
  await createTopic(kafka, topic, 1);
  const configEntries = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
  if (configEntries.length === 0) return topic;
  await withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }),
  );
  return topic;
}

async function withAdmin<Result>(
  work: (admin: ReturnType<KafkaClient["admin"]>) => Promise<Result>,
): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function publish(records: readonly OutgoingRecord[]): Promise<void> {
  const publisher = createPublisher(kafka);
  await publisher.publish(records);
  await publisher.disconnect();
}

/** All that the topic holds by now. */
async function readAll(topic: string): Promise<ReceivedRecord[]> {
  const read: ReceivedRecord[] = [];
  const signal = AbortSignal.timeout(15_000);
  await readTopic(kafka, {
    topic,
    from: () => undefined,
    follow: false,
    log,
    signal,
    onRecord: (record) => read.push(record) > 0,
  });
  expect(signal.aborted).toBe(false);
  return read;
}

async function values(topic: string): Promise<(string | null)[]> {
  return (await readAll(topic)).map(({ value }) => value);
}

/** Produces in one transaction, and ends it in this way. */
/** A transaction with one record, that is open until it is ended. */
async function beginTransaction(topic: string, value: string) {
  const producer = kafka.producer({
    transactionalId: stack.uniqueName("tx"),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const open = await producer.transaction();
  await open.send({ topic, messages: [{ key: "k", value }] });
  const end = (how: "commit" | "abort") => async () => {
    await open[how]();
    await producer.disconnect();
  };
  return { commit: end("commit"), abort: end("abort") };
}

describe("compression", () => {
  // Seen to fail without `registerCodecs`: snappy, lz4 and zstd ended each consumer, for ever.
  for (const codec of ["gzip", "snappy", "lz4", "zstd"]) {
    test(`a topic that compresses with ${codec} is read like any other`, async () => {
      const topic = await topicOf(codec, { "compression.type": codec });
      const sent = Array.from({ length: 400 }, (_, n) =>
        n % 2 ? `${n} ${"pen ".repeat(n)}` : crypto.getRandomValues(new Uint8Array(n)).toHex(),
      );
      await publish(sent.map((value) => ({ topic, key: "k", value, headers: { n: "1" } })));
      expect(await values(topic)).toEqual(sent);
    });
  }

  // Seen to fail with the patch's catch left out.
  test("a batch that can't be read is passed over alone, counted and named", async () => {
    const topic = await topicOf("bomb");
    await publish([{ topic, key: "k", value: "before", headers: {} }]);
    await sendBomb(topic);
    const seen: (string | null)[] = [];
    const groupId = stack.uniqueName("group");
    const consumer = consumeEach(kafka, {
      groupId,
      topics: [topic],
      log,
      handle: async ({ records }) => void seen.push(...records.map(({ value }) => value)),
    });
    consumer.start();
    await eventually(() => expect(consumer.unreadable().batches).toBe(1), { withinMs: 8_000 });
    expect(consumer.unreadable().last).toMatchObject({ topic, partition: 0, from: 1, to: 2 });
    // Nothing that could be handled is left, and so the group is level.
    await eventually(async () => expect(await committed(groupId, topic)).toBe("2"));
    await publish([{ topic, key: "k", value: "after", headers: {} }]);
    await eventually(() => expect(seen).toEqual(["before", "after"]), { withinMs: 8_000 });
    await consumer.stop();
    expect(await values(topic)).toEqual(["before", "after"]);
  });
});

function committed(groupId: string, topic: string) {
  return withAdmin(async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return found?.partitions[0]?.offset;
  });
}

async function sendBomb(topic: string): Promise<void> {
  const ours = CompressionCodecs[CompressionTypes.GZIP];
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    ...ours(),
    compress: async ({ buffer }: { buffer: Buffer }) => gzipSync(buffer),
  });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic,
    compression: CompressionTypes.GZIP,
    messages: [{ value: Buffer.alloc(BATCH_BYTES_MAX + 1) }],
  });
  await producer.disconnect();
  CompressionCodecs[CompressionTypes.GZIP] = ours;
}

describe("transactions", () => {
  // Seen to fail with the end of a reading taken from records alone: it never ended, and the group was behind for ever.
  test("a topic that ends with markers is read to its end, without what was aborted", async () => {
    const topic = await topicOf("transactions");
    await (await beginTransaction(topic, "committed")).commit();
    await (await beginTransaction(topic, "aborted")).abort();
    // Each has a marker, which is written a moment later.
    await eventually(async () => expect(await topicOffsets(kafka, topic)).toMatchObject([{ high: 4 }]));
    await eventually(async () => expect(await values(topic)).toEqual(["committed"]));

    const groupId = stack.uniqueName("group");
    const consumer = consumeEach(kafka, { groupId, topics: [topic], log, handle: async () => {} });
    consumer.start();
    await eventually(async () => expect(await committed(groupId, topic)).toBe("4"), {
      withinMs: 8_000,
    });
    await consumer.stop();
  });

  // Seen to fail with what a fetch says without records left unread: the partition stood still without a word.
  test("a partition that an open transaction holds up is named, and goes on when that ends", async () => {
    const topic = await topicOf("held-up");
    const open = await beginTransaction(topic, "open");
    await publish([{ topic, key: "k", value: "behind it", headers: {} }]);
    const seen: (string | null)[] = [];
    const consumer = createConsumer(kafka, {
      groupId: stack.uniqueName("group"),
      topics: [topic],
      log,
      handle: async ({ records }) => {
        seen.push(...records.map(({ value }) => value));
        return true;
      },
    });
    consumer.start();
    await eventually(() => expect(consumer.heldUp()).toMatchObject([{ topic, partition: 0, offset: 0 }]));
    expect(seen).toEqual([]);
    await open.abort();
    await eventually(() => expect(seen).toEqual(["behind it"]));
    expect(consumer.heldUp()).toEqual([]);
    await consumer.stop();
  }, 30_000);

  // Seen to fail without readUncommitted: nothing came before the transaction ended.
  test("whoever reads what proves itself waits for no transaction, and is not held up at the end of one either", async () => {
    const topic = await topicOf("open-beside");
    const open = await beginTransaction(topic, "open");
    await publish([{ topic, key: "k", value: "behind it", headers: {} }]);
    const seen: (string | null)[] = [];
    const consumer = createConsumer(kafka, {
      groupId: stack.uniqueName("group"),
      topics: [topic],
      readUncommitted: true,
      log,
      handle: async ({ records }) => {
        seen.push(...records.map(({ value }) => value));
        return true;
      },
    });
    consumer.start();
    await eventually(() => expect(seen).toEqual(["open", "behind it"]));
    await publish([{ topic, key: "k", value: "later", headers: {} }]);
    await eventually(() => expect(seen).toEqual(["open", "behind it", "later"]));
    expect(consumer.heldUp()).toEqual([]);
    await consumer.stop();
    await open.abort();
  }, 30_000);

  // Seen to fail with the topic's own end: nobody reads past an open transaction, and so the reading hung.
  test("a reading ends where a transaction is still open", async () => {
    const topic = await topicOf("open");
    await publish([{ topic, key: "k", value: "before", headers: {} }]);
    const open = await beginTransaction(topic, "open");
    expect(await topicOffsets(kafka, topic)).toMatchObject([{ high: 2 }]);
    expect(await values(topic)).toEqual(["before"]);
    await open.abort();
  });
});

test("keys and headers of any bytes come back as they were sent", async () => {
  const topic = await topicOf("bytes");
  const [key, id] = [Buffer.from("00ff10fe", "hex"), Buffer.from("c3280a0dff00", "hex")];
  await publish([{ topic, key, value: "v", headers: { "correlation-id": id } }]);
  const [record] = await readAll(topic);
  expect(record && keyBytes(record)).toEqual(key);
  expect(record && headerBytes(record, "correlation-id")).toEqual(id);
});

// Seen to fail with all topics subscribed to: none of them was read until the last one was there.
test("a topic that is gone holds up no other, is named, and is read again once it is back", async () => {
  const [stays, goes] = [await topicOf("stays"), await topicOf("goes")];
  const seen: (string | null)[] = [];
  const consumer = createConsumer(kafka, {
    groupId: stack.uniqueName("group"),
    topics: [goes, stays],
    log,
    handle: async ({ records }) => {
      seen.push(...records.map(({ value }) => value));
      return true;
    },
  });
  consumer.start();
  await eventually(() => expect(consumer.state()).toBe("consuming"));
  await deleteTopic(kafka, goes);
  await eventually(() => expect([...consumer.absent().keys()]).toEqual([goes]), { withinMs: 20_000 });
  await publish([{ topic: stays, key: "k", value: "meanwhile", headers: {} }]);
  await eventually(() => expect(seen).toContain("meanwhile"));
  await createTopic(kafka, goes, 1);
  await publish([{ topic: goes, key: "k", value: "back", headers: {} }]);
  await eventually(() => expect(seen).toContain("back"), { withinMs: 20_000 });
  expect(consumer.absent().size).toBe(0);
  await consumer.stop();
}, 60_000);

// Seen to fail with kafkajs' own five minutes.
test("partitions that are added are read within seconds", async () => {
  const topic = await topicOf("grown");
  const seen: (string | null)[] = [];
  const consumer: Consumer = createConsumer(kafka, {
    groupId: stack.uniqueName("group"),
    topics: [topic],
    log,
    handle: async ({ records }) => {
      seen.push(...records.map(({ value }) => value));
      return true;
    },
  });
  consumer.start();
  await eventually(() => expect(consumer.state()).toBe("consuming"), { withinMs: 20_000 });
  await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
  const sent = ["a", "b", "c", "d", "e", "f"];
  await publish(sent.map((key) => ({ topic, key, value: key, headers: {} })));
  await eventually(() => expect([...new Set(seen)].sort()).toEqual(sent), { withinMs: 12_000 });
  await consumer.stop();
}, 40_000);
