// What people may ask of endpoints, as the API's bodies have it; `bun run ops` and the console read the same.
import * as v from "valibot";
import { type Parsed, parse, refused } from "@millrace/commands/parsed";
import { text } from "@millrace/commands/words";
import { instant } from "@millrace/read-models/asked-values";
import { PAYLOADS } from "./body.ts";
import { ADDRESS, type Internal, URL_LENGTH_MAX, wrongWithUrl } from "./destination.ts";
import type { EndpointChange, EndpointWish } from "./endpoints.ts";
import { PATTERN } from "./event-name.ts";

/** More name what `*` says as well. */
const PATTERNS_MAX = 50;
const PATTERN_LENGTH_MAX = 100;
const DESCRIPTION_LENGTH_MAX = 200;

/** Read by `wrongWithUrl`, which takes hosts as well that this installation allows: those are not everybody's to know. */
const url = v.pipe(v.string(), v.metadata({ maxLength: URL_LENGTH_MAX, pattern: ADDRESS.source }));
const events = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.maxLength(PATTERN_LENGTH_MAX, `Must have at most ${PATTERN_LENGTH_MAX} characters`),
      v.regex(PATTERN, "Must be *, all of a category such as thing.*, or one event such as thing.made"),
    ),
  ),
  v.minLength(1, "Must hold at least one pattern"),
  v.maxLength(PATTERNS_MAX, `Must hold at most ${PATTERNS_MAX} patterns`),
);
const payload = v.picklist(PAYLOADS, `Must be one of: ${PAYLOADS.join(", ")}`);
const description = text(DESCRIPTION_LENGTH_MAX);

export const addBody = v.strictObject({
  url,
  events,
  payload: v.optional(payload, "thin"),
  ordered: v.optional(v.boolean(), false),
  description: v.optional(v.nullable(description), null),
});

export const changeBody = v.strictObject({
  url: v.exactOptional(url),
  events: v.exactOptional(events),
  payload: v.exactOptional(payload),
  ordered: v.exactOptional(v.boolean()),
  description: v.exactOptional(v.nullable(description)),
  enabled: v.exactOptional(v.boolean()),
});

export const replayBody = v.strictObject({ since: instant, until: v.exactOptional(instant) });

export function readAdd(body: unknown, internal: Internal): Parsed<EndpointWish> {
  return withUrl(parse(addBody, body), internal);
}

export function readChange(body: unknown, internal: Internal): Parsed<EndpointChange> {
  return withUrl(parse(changeBody, body), internal);
}

export function readReplay(body: unknown): Parsed<v.InferOutput<typeof replayBody>> {
  return parse(replayBody, body);
}

function withUrl<Value extends { readonly url?: string }>(
  parsed: Parsed<Value>,
  internal: Internal,
): Parsed<Value> {
  if (!parsed.ok || parsed.value.url === undefined) return parsed;
  const wrong = wrongWithUrl(parsed.value.url, internal);
  return wrong === undefined ? parsed : refused("/url", wrong);
}
