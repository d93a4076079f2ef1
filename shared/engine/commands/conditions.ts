// The headers under which a write counts.
import { isUtf8 } from "node:buffer";
import { type IfMatch, readTags } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import type { Answer } from "@millrace/http/route";
import { hasAtMost } from "./characters.ts";

export interface Conditions {
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: IfMatch | undefined;
  /** The client would rather have 202 now than the answer later. */
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
    return malformed(`Idempotency-Key must be 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters.`);
  }
  const tags = headers.get("if-match");
  const ifMatch = tags === null ? undefined : readTags(tags);
  if (tags !== null && ifMatch === undefined) {
    return malformed(`If-Match must be * or entity tags in double quotes, as in "1".`);
  }
  const prefer = headers.get("prefer");
  const respondAsync = prefer !== null && RESPOND_ASYNC.test(prefer);
  return { ok: true, value: { idempotencyKey, ifMatch, respondAsync } };
}

/**
 * A header that comes twice arrives joined by a comma. The same key twice is that key, as it is of a record's, or the
 * retry by a proxy that doubles headers would be a second write. Two different keys stay one key that holds a comma.
 */
function onceOf(header: string): string {
  const half = (header.length - 2) / 2;
  const first = header.slice(0, half);
  return half > 0 && header === `${first}, ${first}` ? first : header;
}

/** A header's bytes arrive as a character each; where together they are UTF-8 they are read so, as from Kafka. */
function asText(header: string): string {
  if (!/[\x80-\xff]/.test(header)) return header;
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString() : header;
}

function malformed(detail: string): { ok: false; problem: Answer } {
  return { ok: false, problem: problem("malformed_header", { detail }) };
}
