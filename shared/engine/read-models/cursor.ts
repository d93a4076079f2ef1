// A place in a list as clients carry it: opaque to them, checked when it comes back.
import type { PageEnd } from "./page.ts";

/** Longer than the longest id can make it. */
export const CURSOR_LENGTH_MAX = 2_000;
/** Every cursor of ours has this form; not all that has it is one. */
export const CURSOR = /^[A-Za-z0-9_-]+$/;
/** The years that Postgres and ISO 8601 agree on, 1 to 9999. */
const CREATED_AT_MS_MIN = Date.parse("0001-01-01T00:00:00.000Z");
const CREATED_AT_MS_MAX = Date.parse("9999-12-31T23:59:59.999Z");

export function printCursor({ createdAtMs, id }: PageEnd): string {
  return Buffer.from(JSON.stringify([createdAtMs, id])).toString("base64url");
}

/** Undefined where it is none of ours. */
export function parseCursor(cursor: string): PageEnd | undefined {
  if (cursor.length > CURSOR_LENGTH_MAX || !CURSOR.test(cursor)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined;
  const [createdAtMs, id] = parsed as unknown[];
  if (!Number.isSafeInteger(createdAtMs) || typeof id !== "string") return undefined;
  const ms = createdAtMs as number;
  if (ms < CREATED_AT_MS_MIN || ms > CREATED_AT_MS_MAX) return undefined;
  return id.includes("\0") || !id.isWellFormed() ? undefined : { createdAtMs: ms, id };
}
