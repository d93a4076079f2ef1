// Schemas of members that bodies of any aggregate may have. They transform nothing but the normal form of text, so that OpenAPI
// says what is accepted.
import * as v from "valibot";
import { hasAtMost } from "./characters.ts";

/** Characters of a name: more than any person, company or product has, and few enough to index. */
export const NAME_LENGTH_MAX = 200;
/** Characters of an id: room for a UUID with a prefix, or a SHA-512 in hexadecimal. */
export const ID_LENGTH_MAX = 128;

/** Ids that a URL would not lead to: there they mean something else. */
export const RESERVED_IDS = [".", "..", "stats", "stream"];

/** Control characters but tab and line feed: they break terminals and logs, and Postgres can't hold NUL. */
const controlCharacter = /[\p{Cc}--[\t\n]]/v;

/** Text, in NFC whatever form it came in, so that equal-looking texts are equal. */
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

/** A name that people read. */
export const name = v.pipe(text(NAME_LENGTH_MAX), v.regex(/\S/, "Must not be blank"));

/** An id that the client chooses: text that needs no escaping in a URL, or a whole number. */
export const chosenId = v.union([
  v.pipe(
    v.string(),
    v.maxLength(ID_LENGTH_MAX, `Must be at most ${ID_LENGTH_MAX} characters`),
    v.regex(/^[A-Za-z0-9._:~-]+$/, "May hold only letters, digits and . _ : ~ -"),
    v.notValues(RESERVED_IDS, `Must not be one of ${RESERVED_IDS.join(", ")}`),
  ),
  v.pipe(v.number(), v.safeInteger("Must be a whole number that JSON carries exactly")),
]);
