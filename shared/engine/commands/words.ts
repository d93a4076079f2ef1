// Words that bodies of any aggregate may have, each with its bounds. Transforms stay out of the schemas, but for the
// normal form of text, so that OpenAPI made from them says what is accepted.
import * as v from "valibot";
import { hasAtMost } from "./characters.ts";

/** Longer than any name of a person, a company or a product; short enough to index. */
export const NAME_LENGTH_MAX = 200;
/** Room for a UUID with a prefix, or a SHA-512 in hexadecimal. */
export const ID_LENGTH_MAX = 128;

/** Ids stand in URLs: these would be read as something else there, and the thing could never be fetched. */
export const RESERVED_IDS = [".", "..", "stats", "stream"];

/** Tab and line feed are text; other controls break terminals and logs, and Postgres can't hold NUL. */
const controlCharacter = /[\p{Cc}--[\t\n]]/v;

/**
 * Text in NFC, whatever form it came in, so that what looks the same is found as the same.
 */
export function text(charactersMax: number) {
  return v.pipe(
    v.string(),
    v.normalize("NFC"),
    v.check((text) => hasAtMost(text, charactersMax), `Must be at most ${charactersMax} characters`),
    v.check((text) => !controlCharacter.test(text), "Must not hold control characters"),
    v.check((text) => text.isWellFormed(), "Must be well-formed Unicode"),
    v.metadata({
      maxLength: charactersMax,
      not: { pattern: String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]` },
    }),
  );
}

/** Text on its own that people read. */
export const name = v.pipe(text(NAME_LENGTH_MAX), v.regex(/\S/, "Must not be blank"));

/** An id that the client chose: text that needs no escaping in a URL, or a whole number. */
export const chosenId = v.union([
  v.pipe(
    v.string(),
    v.maxLength(ID_LENGTH_MAX, `Must be at most ${ID_LENGTH_MAX} characters`),
    v.regex(/^[A-Za-z0-9._:~-]+$/, "May hold only letters, digits and . _ : ~ -"),
    v.notValues(RESERVED_IDS, `Must not be one of ${RESERVED_IDS.join(", ")}`),
  ),
  v.pipe(v.number(), v.safeInteger("Must be a whole number that JSON carries exactly")),
]);
