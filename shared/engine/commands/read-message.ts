// Reads a record's bytes as a named command. Must refuse what HTTP refuses as a body, and nothing else.
import { problem } from "@millrace/http/problem";
import { type ReceivedRecord, strictText, valueBytes } from "@millrace/kafka/received-record";
import type { StoredAnswer } from "@millrace/store/append";
import type { NamedCommand, ReadNamed } from "./command-names.ts";
import type { Issue } from "./parsed.ts";

export interface ReadOptions {
  readonly readNamed: ReadNamed;
  /** Largest message, bytes. */
  readonly bodyBytesMax: number;
}

export type ReadMessage =
  | { readonly ok: true; readonly command: NamedCommand; readonly body: unknown }
  /** The refusal as its sender gets it, and as people read it in the parking lot. */
  | { readonly ok: false; readonly answer: StoredAnswer; readonly cause: string };

export function readMessage(
  record: ReceivedRecord,
  { readNamed, bodyBytesMax }: ReadOptions,
  requestId: string,
): ReadMessage {
  const bytes = valueBytes(record);
  if (bytes === null) return invalid([{ pointer: "", message: "The message has no value" }], requestId);
  if (bytes.length > bodyBytesMax) {
    const detail = `The message may be at most ${bodyBytesMax} bytes.`;
    return { ok: false, answer: problem("body_too_large", { detail, requestId }), cause: detail };
  }
  const text = strictText(bytes);
  if (text === undefined) return notText(requestId);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return invalid([{ pointer: "", message: "Must be JSON" }], requestId);
  }
  const parsed = readNamed(body);
  return parsed.ok ? { ok: true, command: parsed.value, body } : invalid(parsed.issues, requestId);
}

export function notText(requestId: string): ReadMessage {
  const detail = "The message is not UTF-8.";
  return { ok: false, answer: problem("malformed_json", { detail, requestId }), cause: detail };
}

function invalid(issues: readonly Issue[], requestId: string): ReadMessage {
  const cause = issues
    .map(({ pointer, message }) => (pointer ? `${pointer}: ${message}` : message))
    .join("; ");
  return { ok: false, answer: problem("body_invalid", { errors: issues, requestId }), cause };
}
