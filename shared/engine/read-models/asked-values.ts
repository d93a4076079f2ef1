// How a reader's words for a filter are read: each says what it has to be where it is not.
import * as v from "valibot";

/** One of the words, in any case. */
export function word<const Words extends readonly string[]>(words: Words) {
  const message = `Must be one of ${words.join(", ")}`;
  return v.pipe(v.string(), v.toUpperCase(), v.picklist(words, message));
}

// RFC 3339. Leap seconds are left out, since no clock here has any; and where an offset could lead out of the years that
// Postgres and Date print alike, only Z and the other direction are taken.
const YEARS = String.raw`(?!0000|0001-01-01T.*\+|9999-12-31T.*-)`;
const DATE = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
const TIME = String.raw`T${CLOCK}:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-]${CLOCK})`;
const INSTANT = new RegExp(`^${YEARS}${DATE}(?:${TIME})?$`);
const INSTANT_MESSAGE =
  "Must be a date, or a date and time with an offset, as RFC 3339 has them: 2026-01-31T12:00:00Z. A + is written %2B in a URL";

/**
 * Every time that a client may say is read by it: the instant as ISO 8601 in UTC, whatever its offset was. A date alone is its
 * first instant in UTC. What the document calls right is read, and no other text.
 */
export const instant = v.pipe(
  v.string(),
  v.regex(INSTANT, INSTANT_MESSAGE),
  v.check(isDayOfItsMonth, INSTANT_MESSAGE),
  v.transform((text) => new Date(text).toISOString()),
  v.string(),
  v.metadata({ pattern: INSTANT.source, anyOf: [{ format: "date-time" }, { format: "date" }] }),
);

/** Date takes the 30th of February for the 2nd of March. */
function isDayOfItsMonth(text: string): boolean {
  const date = text.slice(0, "2026-01-31".length);
  return new Date(date).getUTCDate() === Number(date.slice(-2));
}
