import { expect, test } from "bun:test";
import { ANYBODY } from "@millrace/access/principal";
import { keyOfEnvelope, keyOfRecord } from "./command-key.ts";
import { testRecord } from "./testing/test-record.ts";

const sent = {
  principal: ANYBODY,
  body: { type: "x", data: { a: 1, b: 2 } },
  commandId: undefined,
  causationId: "kafka/t/0/0",
};
const keyOf = (...keys: (string | Uint8Array)[]) =>
  keyOfRecord(
    testRecord({ value: "{}", headers: keys.map((key) => ["idempotency-key", key] as const) }),
    sent,
  );

// Seen to fail while the message's text counted: 422 for the same command in another order.
test("under a key the same JSON is the same command, however its members are ordered", () => {
  const record = testRecord({ value: "{}", headers: [["idempotency-key", "k"]] });
  const reordered = { data: { b: 2, a: 1 }, type: "x" };
  expect(keyOfRecord(record, { ...sent, body: reordered })).toEqual(keyOf("k"));
  expect(keyOfRecord(record, { ...sent, body: { type: "x", data: { a: 1 } } })).not.toEqual(keyOf("k"));
});

// Seen to fail while they were joined: the second delivery of a producer that doubles headers was a second order.
test("of a key that comes twice the first counts", () => {
  expect(keyOf("k", "k")).toEqual(keyOf("k"));
  expect(keyOf("k", "other")).toEqual(keyOf("k"));
});

test("a key may be any bytes that HTTP could carry in a header, and others that it could not", () => {
  const bytes = new Uint8Array([0, 255, 1, 2]);
  expect(keyOf(bytes)?.key).toBe("kafka-key/base64:AP8BAg==");
  expect(keyOf("a\0b")?.key).toBe("kafka-key/base64:YQBi");
  expect(keyOf("k".repeat(255))?.key).toBe(`kafka-key/${"k".repeat(255)}`);
  expect(keyOf("🦊".repeat(255))?.key).toBe(`kafka-key/${"🦊".repeat(255)}`);
  for (const key of ["", "k".repeat(256), "🦊".repeat(256), new Uint8Array(256).fill(255)])
    expect(keyOf(key)).toBeUndefined();
});

test("without a key the envelope's id counts, and without that the place of the record", () => {
  const record = testRecord({ value: "{}" });
  expect(keyOfRecord(record, { ...sent, commandId: "c" })).toEqual(keyOfEnvelope(ANYBODY, "c", sent.body));
  expect(keyOfRecord(record, sent)?.key).toBe("kafka/t/0/0/1000");
});

// Seen to fail while keys were the whole shop's: one principal was answered what another had been.
test("the same key of two principals is two keys", () => {
  const record = testRecord({ value: "{}", headers: [["idempotency-key", "k"]] });
  const principals = [
    ANYBODY,
    { ...ANYBODY, role: "clerk" as const },
    { ...ANYBODY, role: "service" as const },
  ];
  const keys = principals.flatMap((principal) => [
    keyOfRecord(record, { ...sent, principal })?.key,
    keyOfEnvelope(principal, "k", sent.body).key,
  ]);
  expect(new Set(keys).size).toBe(6);
});
