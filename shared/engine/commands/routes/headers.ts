// Headers and problems that every write has, for the documentation.
import * as v from "valibot";
import { TAGS, TAGS_LENGTH_MAX } from "@millrace/http/etag";
import type { ProblemCode } from "@millrace/http/problem-codes";
import type { Parameter, ResponseShape } from "@millrace/http/route";
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "../conditions.ts";

export const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description: "Makes the write happen once: its retry gets the first answer again.",
  schema: v.pipe(v.string(), v.minLength(1), v.maxLength(IDEMPOTENCY_KEY_LENGTH_MAX), v.regex(/\S/)),
};

export const prefer: Parameter = {
  name: "Prefer",
  in: "header",
  description: "`respond-async`: answer 202 as soon as the command is stored.",
  schema: v.string(),
};

export const ifMatch: Parameter = {
  name: "If-Match",
  in: "header",
  description: 'Only where the version is one of these: `"3"`, a list of such tags, or `*`.',
  schema: v.pipe(v.string(), v.maxLength(TAGS_LENGTH_MAX), v.regex(TAGS)),
};

export const id: Parameter = {
  name: "id",
  in: "path",
  description: "The id that it was created with",
  schema: v.pipe(v.string(), v.maxLength(128)),
  required: true,
};

const replayed = "`true` where this is the stored answer to an earlier request with the same key";
export const versionHeader = { ETag: "The version" };
export const replayedHeader = { "Idempotency-Replayed": replayed };

export const deleted: ResponseShape = {
  status: 204,
  description: "Deleted",
  headers: versionHeader,
  optionalHeaders: replayedHeader,
};

/** The answer to `Prefer: respond-async`. */
export const accepted: ResponseShape = {
  status: 202,
  description: "Stored, to be decided soon",
  schema: v.object({ id: v.string(), status: v.literal("pending") }),
  headers: {
    Location: "Where its outcome will be",
    "Preference-Applied": "respond-async",
  },
  optionalHeaders: replayedHeader,
  links: { outcome: { operationId: "getCommandsById", parameters: { id: "$response.body#/id" } } },
};

/** Problems of any write. */
export const writeProblems: readonly ProblemCode[] = [
  "malformed_header",
  "concurrent_update",
  "stale_version",
  "event_too_large",
  "idempotency_key_reused",
  "append_queue_full",
  "newer_schema",
  "postgres_unavailable",
  "shutting_down",
];
