import { expect, test } from "bun:test";
import { correlationIdOf, replyAddressOf } from "./reply-address.ts";
import { replyOf } from "./reply-of.ts";
import { testRecord } from "./testing/test-record.ts";

const bytes = Buffer.from([0, 255, 1, 254, 44, 128, 0, 10]);
const addressOf = (headers: [string, string | Uint8Array | null][], key: Uint8Array | null = null) =>
  replyAddressOf(testRecord({ key, value: "{}", headers }));

test("nobody waits where no header names a topic", () => {
  expect(
    addressOf([
      ["correlation-id", "c"],
      ["kafka_correlationId", "c"],
    ]),
  ).toBeUndefined();
});

// Seen to fail while keys and headers were text: each byte that is none came back as three others.
test("keys and correlation ids of any bytes come back byte for byte, under the names that they came by", () => {
  const own = addressOf(
    [
      ["reply-to", "t"],
      ["correlation-id", bytes],
    ],
    bytes,
  );
  expect(own).toMatchObject({
    topic: "t",
    key: bytes,
    headers: { "correlation-id": bytes },
    isNestClient: false,
  });
  const spring = addressOf([
    ["kafka_replyTopic", "t"],
    ["kafka_correlationId", bytes],
  ]);
  expect(spring).toMatchObject({ topic: "t", key: null, headers: { kafka_correlationId: bytes } });
  expect(Object.keys(spring?.headers ?? {})).toEqual(["kafka_correlationId"]);
});

test.each([
  ["NestJS' text", "3", 3],
  ["NestJS' text of four digits", "1000", 1000],
  ["Spring's four bytes", new Uint8Array([0, 0, 0, 3]), 3],
  ["Spring's four bytes of a large number", new Uint8Array([0, 1, 0x86, 0xa0]), 100_000],
  ["neither", "third", undefined],
  ["less than nothing", new Uint8Array([255, 255, 255, 255]), undefined],
  ["too much", "12345678901234567890", undefined],
])("the partition to reply to is read from %s", (_, sent, partition) => {
  expect(
    addressOf([
      ["kafka_replyTopic", "t"],
      ["kafka_replyPartition", sent],
    ])?.partition,
  ).toBe(partition);
});

// Seen to fail while repeated headers were joined: no topic is called "t,t".
test("of a header that comes twice the first counts, and our own name before others'", () => {
  expect(
    addressOf([
      ["reply-to", "t"],
      ["reply-to", "u"],
      ["correlation-id", "1"],
      ["correlation-id", "2"],
    ]),
  ).toMatchObject({
    topic: "t",
    headers: { "correlation-id": Buffer.from("1") },
  });
  expect(
    addressOf([
      ["kafka_replyTopic", "u"],
      ["reply-to", "t"],
    ]),
  ).toMatchObject({ topic: "t" });
});

test("the correlation id goes on with the events where it is text", () => {
  const of = (value: string | Uint8Array) =>
    correlationIdOf(testRecord({ value: "{}", headers: [["kafka_correlationId", value]] }));
  expect([of("c-1"), of(bytes)]).toEqual(["c-1", undefined]);
});

test("a NestJS client is told by headers how its command ended, and that no more will come", () => {
  const address = addressOf([
    ["kafka_replyTopic", "t"],
    ["kafka_correlationId", "c"],
    ["kafka_replyPartition", "1"],
  ]);
  if (!address) throw new Error("no address");
  const accepted = replyOf(
    address,
    { streamId: "1" },
    { status: 201, headers: { etag: '"1"' }, body: { id: "1" } },
  );
  expect(accepted).toMatchObject({ topic: "t", partition: 1, headers: { "kafka_nest-is-disposed": "true" } });
  expect(accepted.headers).not.toHaveProperty("kafka_nest-err");
  const problem = { status: 409, code: "thing_already_moved", errors: ["long"] };
  const rejected = replyOf(address, {}, { status: 409, headers: {}, body: problem });
  expect(JSON.parse(String(rejected.headers["kafka_nest-err"]))).toEqual({
    status: 409,
    code: "thing_already_moved",
  });
  expect(JSON.parse(rejected.value)).toEqual({ status: "rejected", problem });
  expect(JSON.parse(rejected.short)).toEqual({
    status: "rejected",
    problem: { status: 409, code: "thing_already_moved" },
  });
});
