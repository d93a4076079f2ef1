// Signed by the specification's own library, not by ours.
import { expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { verifyWebhook } from "./verify-webhook.ts";

const secret = `whsec_${btoa("a secret of twenty-four b")}`;
const former = `whsec_${btoa("another of as many bytes.")}`;
const sentAt = new Date("2026-01-31T12:00:00Z");
const body = '{"type":"OrderCreated","data":{"customer":"Zoë"}}';

function signedBy(...secrets: readonly string[]) {
  const signatures = secrets.map((each) => new Webhook(each).sign("msg_1", sentAt, body));
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(sentAt.getTime() / 1_000),
    "webhook-signature": signatures.join(" "),
  };
}

const received = { body, headers: signedBy(secret), secret, now: sentAt.getTime() };

test("what the sender signed is taken, as text or bytes, by either secret while it changes", async () => {
  const taken = { ok: true, id: "msg_1", sentAt, payload: JSON.parse(body) } as const;
  expect(await verifyWebhook(received)).toEqual(taken);
  const bytes = { ...received, body: new TextEncoder().encode(body), headers: new Headers(signedBy(secret)) };
  expect(await verifyWebhook(bytes)).toEqual(taken);
  expect(await verifyWebhook({ ...received, headers: signedBy(former, secret) })).toEqual(taken);
  expect(await verifyWebhook({ ...received, headers: signedBy(former), secret: [secret, former] })).toEqual(
    taken,
  );
});

// Seen to fail with the comparison of signatures left out, and with that of times.
test("what anybody else has sent, changed or sent again is not", async () => {
  const wrong = { ok: false, reason: "signature_wrong" } as const;
  expect(await verifyWebhook({ ...received, headers: signedBy(former) })).toEqual(wrong);
  expect(await verifyWebhook({ ...received, body: body.replace("Zoë", "Zoe") })).toEqual(wrong);
  expect(
    await verifyWebhook({ ...received, headers: { ...received.headers, "webhook-id": "msg_2" } }),
  ).toEqual(wrong);
  for (const signature of [
    "v1,",
    "v1,not base64!",
    "v1a,AAAA",
    received.headers["webhook-signature"].slice(3),
  ]) {
    const headers = { ...received.headers, "webhook-signature": signature };
    expect(await verifyWebhook({ ...received, headers })).toEqual(wrong);
  }
  for (const minutes of [-6, 6]) {
    const now = sentAt.getTime() + minutes * 60_000;
    expect(await verifyWebhook({ ...received, now })).toEqual({ ok: false, reason: "too_old_or_early" });
  }
  const { "webhook-id": _, ...headers } = received.headers;
  expect(await verifyWebhook({ ...received, headers })).toEqual({ ok: false, reason: "headers_missing" });
});
