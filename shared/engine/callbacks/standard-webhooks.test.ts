import { describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { verifyStandardWebhook } from "./standard-webhooks.ts";

const FIRST = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtb25l";
const SECOND = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtdHdv";
const STRANGER = "whsec_bWlsbHJhY2UtdGVzdC1zdHJhbmdlciEh";
const BODY = '{"data":{"parcelId":"p-1"}}';
const MINUTE_MS = 60_000;

function verify({ by = FIRST, id = "msg_1", agoMs = 0, sent = BODY, secrets = [FIRST] } = {}) {
  const at = new Date(Date.now() - agoMs);
  const headers = new Headers({
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(by).sign(id, at, BODY),
  });
  return verifyStandardWebhook({ headers, body: new TextEncoder().encode(sent) }, secrets, Date.now());
}

describe("a callback's signature", () => {
  test("is taken where a secret has signed exactly these bytes", () => {
    expect(verify()).toEqual({ id: "msg_1" });
  });

  // Seen to fail with any signature taken.
  test("is refused of a stranger's secret, of other bytes and without a signature", () => {
    expect(verify({ by: STRANGER })).toBeUndefined();
    for (const sent of [BODY.replace("p-1", "p-2"), `${BODY} `, `\uFEFF${BODY}`, ""]) {
      expect(verify({ sent })).toBeUndefined();
    }
    const body = new TextEncoder().encode(BODY);
    expect(verifyStandardWebhook({ headers: new Headers(), body }, [FIRST], 0)).toBeUndefined();
    const notText = new Uint8Array([0xff, 0xfe]);
    const headers = new Headers({ "webhook-id": "msg_1" });
    expect(verifyStandardWebhook({ headers, body: notText }, [FIRST], 0)).toBeUndefined();
  });

  test("is refused where it was made too long ago, or too far ahead", () => {
    expect(verify({ agoMs: 6 * MINUTE_MS })).toBeUndefined();
    expect(verify({ agoMs: -6 * MINUTE_MS })).toBeUndefined();
    expect(verify({ agoMs: 4 * MINUTE_MS })).toEqual({ id: "msg_1" });
  });

  test("is taken of the old and of the new secret while it changes, and of the old one no longer", () => {
    for (const by of [FIRST, SECOND]) expect(verify({ by, secrets: [FIRST, SECOND] })).toBeDefined();
    expect(verify({ by: FIRST, secrets: [SECOND] })).toBeUndefined();
  });

  // Seen to fail without the look at the dot.
  test("is refused under an id with a dot, by which one signature would fit two ids", () => {
    expect(verify({ id: "msg.1" })).toBeUndefined();
  });
});
