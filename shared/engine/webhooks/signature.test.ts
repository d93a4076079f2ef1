import { expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { messageId, newSecret, signedHeaders } from "./signature.ts";

const secret = newSecret();
const message = {
  id: messageId("ep_1", "thing-A.1@3"),
  timestamp: Math.floor(Date.now() / 1_000),
  body: '{"type":"thing.made","data":{"id":"ü"}}',
};

// Seen to fail with the timestamp left out of what is signed.
test("the published library verifies what is signed, and refuses any other body", () => {
  const headers = signedHeaders(message, [secret]);
  expect(new Webhook(secret).verify(message.body, headers)).toEqual(JSON.parse(message.body));
  expect(() => new Webhook(secret).verify(`${message.body} `, headers)).toThrow();
  expect(() => new Webhook(newSecret()).verify(message.body, headers)).toThrow();
});

// Seen to fail with only the first secret signing.
test("while a secret changes, receivers that know either one verify it", () => {
  const next = newSecret();
  const headers = signedHeaders(message, [next, secret]);
  for (const known of [secret, next]) new Webhook(known).verify(message.body, headers);
});

test("an id holds no dot, is the same each time, and another for each endpoint and event", () => {
  expect(message.id).toMatch(/^msg_[0-9a-f]{32}$/);
  expect(messageId("ep_1", "thing-A.1@3")).toBe(message.id);
  expect(new Set([messageId("ep_2", "thing-A.1@3"), messageId("ep_1", "thing-A.1@4"), message.id]).size).toBe(
    3,
  );
});

test("a secret has as many bytes as the specification takes", () => {
  expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(32);
  expect(newSecret()).not.toBe(secret);
});
