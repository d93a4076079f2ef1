// Signatures as Standard Webhooks 1.0.0 has them: https://www.standardwebhooks.com. What is signed is exactly what is sent.
import { createHash, createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";
/** Bytes of a secret; the specification takes 24 to 64. */
const SECRET_BYTES = 32;

/** A new secret that an endpoint and we share: `whsec_` and base64. */
export function newSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/**
 * Of an event to an endpoint, the same however often it is sent, so that a receiver knows it again. An event's own id may hold
 * dots, and clients choose it; here it must be neither: a dot would move where the id ends in what is signed.
 */
export function messageId(endpoint: string, event: string): string {
  const hash = createHash("sha256").update(`${endpoint}\n${event}`).digest("hex");
  return `msg_${hash.slice(0, 32)}`;
}

export interface Message {
  readonly id: string;
  /** Seconds since 1970, of this try. */
  readonly timestamp: number;
  readonly body: string;
}

/** @param secrets the present one, and while it changes the one before: receivers take either */
export function signedHeaders(
  { id, timestamp, body }: Message,
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}
