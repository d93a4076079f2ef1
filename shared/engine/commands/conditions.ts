// Headers that put conditions on a write: Idempotency-Key, If-Match and Prefer.
import { isUtf8 } from "node:buffer";
import { type IfMatch, readTags } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import type { Answer } from "@millrace/http/route";
import { hasAtMost } from "./characters.ts";

export interface Conditions {
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: IfMatch | undefined;
  /** The client prefers 202 at once to waiting for the answer. */
  readonly respondAsync: boolean;
}

export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i;

export function readConditions(
  headers: Headers,
): { ok: true; value: Conditions } | { ok: false; problem: Answer } {
  const key = headers.get("idempotency-key");
  const idempotencyKey = key === null ? undefined : asText(onceOf(key));
  if (idempotencyKey === "" || !hasAtMost(idempotencyKey ?? "", IDEMPOTENCY_KEY_LENGTH_MAX)) {
    return malformed(
      `Idempotency-Key must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters. Nothing was changed.`,
    );
  }
  const tags = headers.get("if-match");
  const ifMatch = tags === null ? undefined : readTags(tags);
  if (tags !== null && ifMatch === undefined) {
    return malformed(`If-Match must be * or entity tags in double quotes, as in "1". Nothing was changed.`);
  }
  const prefer = headers.get("prefer");
  const respondAsync = prefer !== null && RESPOND_ASYNC.test(prefer);
  return { ok: true, value: { idempotencyKey, ifMatch, respondAsync } };
}

/**
 * A header that is sent twice arrives joined by a comma. The same key twice counts as that key: a retry through a proxy that
 * doubles headers must be no second write. Two different keys count as one key with a comma in it.
 */
function onceOf(header: string): string {
  const half = (header.length - 2) / 2;
  const first = header.slice(0, half);
  return half > 0 && header === `${first}, ${first}` ? first : header;
}

/** A header arrives with each byte as one character. Bytes that are UTF-8 are read as UTF-8, as from Kafka. */
function asText(header: string): string {
  if (!/[\x80-\xff]/.test(header)) return header;
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString() : header;
}

function malformed(detail: string): { ok: false; problem: Answer } {
  return { ok: false, problem: problem("malformed_header", { detail }) };
}
