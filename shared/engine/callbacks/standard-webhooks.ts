// The signature of the Standard Webhooks specification, by its published library.
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { VerifyCallback } from "@millrace/processes/callback-source";

/** A leading mark is part of what was signed. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The library refuses what was signed more than five minutes ago, or as far ahead. */
export const verifyStandardWebhook: VerifyCallback = ({ headers, body }, secrets) => {
  const id = headers.get("webhook-id");
  // The specification allows no dot: what is signed is `id.timestamp.body`, and a dot would move where the id ends.
  if (id === null || id.includes(".")) return undefined;
  const said = {
    "webhook-id": id,
    "webhook-timestamp": headers.get("webhook-timestamp") ?? "",
    "webhook-signature": headers.get("webhook-signature") ?? "",
  };
  const text = decoded(body);
  const isSigned = text !== undefined && secrets.some((secret) => isSignedBy(secret, text, said));
  return isSigned ? { id } : undefined;
};

function isSignedBy(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function decoded(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}
