// How a reader's words for a filter are read: each says what it has to be where it is not.
import * as v from "valibot";

/** One of the words, in any case. */
export function word<const Words extends readonly string[]>(words: Words) {
  const message = `Must be one of ${words.join(", ")}`;
  return v.pipe(v.string(), v.toUpperCase(), v.picklist(words, message));
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
const TIME_MESSAGE =
  "Must be an ISO 8601 date, or date and time with an offset: 2026-01-31T12:00:00Z. A + is written %2B in a URL";

/** An instant as ISO 8601 in UTC; a date alone is its first instant in UTC. */
export const instant = v.pipe(
  v.string(),
  v.regex(TIME, TIME_MESSAGE),
  v.transform((text) => new Date(text)),
  v.check((time) => !Number.isNaN(time.getTime()), TIME_MESSAGE),
  v.check((time) => time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999, TIME_MESSAGE),
  v.transform((time) => time.toISOString()),
  v.string(),
  v.isoTimestamp(),
);
