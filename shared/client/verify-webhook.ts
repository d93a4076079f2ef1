// Webhooks as the Standard Webhooks specification (1.0) signs them. Has no dependency, so that a receiver can take it as it is.

export interface ReceivedWebhook {
  /** As it came: a body that was parsed and printed again has another signature. */
  readonly body: string | Uint8Array;
  readonly headers: Headers | Readonly<Record<string, string | undefined>>;
  /** `whsec_…`; two while it changes. */
  readonly secret: string | readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: number;
}

export type VerifiedWebhook<Payload> =
  /** The same id may come again: what was done for it is not to be done twice. */
  | { readonly ok: true; readonly id: string; readonly sentAt: Date; readonly payload: Payload }
  | { readonly ok: false; readonly reason: "headers_missing" | "too_old_or_early" | "signature_wrong" };

/** What was sent longer ago may be somebody's repetition. A retry is signed anew. */
const TOLERANCE_S = 5 * 60;

/** @throws for a secret that is none, and for a signed body that is not JSON */
export async function verifyWebhook<Payload = unknown>(
  received: ReceivedWebhook,
): Promise<VerifiedWebhook<Payload>> {
  const { body, secret, now = Date.now() } = received;
  const headers = new Headers(received.headers as Record<string, string>);
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp") ?? "";
  const signatures = headers.get("webhook-signature");
  if (!id || !/^\d+$/.test(timestamp) || !signatures) return { ok: false, reason: "headers_missing" };
  if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE_S)
    return { ok: false, reason: "too_old_or_early" };
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const signed = joined(encoder.encode(`${id}.${timestamp}.`), bytes);
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (!(await anySigned(signatures, signed, secrets))) return { ok: false, reason: "signature_wrong" };
  const payload = JSON.parse(new TextDecoder().decode(bytes)) as Payload;
  return { ok: true, id, sentAt: new Date(Number(timestamp) * 1_000), payload };
}

const encoder = new TextEncoder();

/** Signatures are separated by spaces, each behind its version; v1 is HMAC-SHA256. Compared in constant time by Web Crypto. */
async function anySigned(signatures: string, signed: Uint8Array<ArrayBuffer>, secrets: readonly string[]) {
  const given = signatures
    .split(" ")
    .flatMap((each) => (each.startsWith("v1,") ? [fromBase64(each.slice(3))] : []));
  for (const secret of secrets) {
    const bytes = fromBase64(secret.replace(/^whsec_/, ""));
    if (!bytes) throw new Error("A webhook's secret is whsec_ and base64");
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
      "verify",
    ]);
    for (const signature of given) {
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) return true;
    }
  }
  return false;
}

/** Undefined for text that is none. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
