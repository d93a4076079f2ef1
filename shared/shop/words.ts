// The words that several dialects share, each with its bounds. Transforms stay out of the schemas, but for the
// normal form of text, so that OpenAPI made from them says what is accepted.
import * as v from "valibot";
import { hasAtMost } from "@millrace/commands/characters";
import { UNITS_MAX } from "./money.ts";

/** Longer than any name of a person, a company or a product in a shop; short enough to index. */
export const NAME_LENGTH_MAX = 200;
/** An order of five hundred lines is still one small event, about 100 kB at the longest names. */
export const LINES_MAX = 500;
/** Above any real order, and a sum of such quantities stays far within exact integers. */
export const QUANTITY_MAX = 1_000_000;
/** Room for a UUID with a prefix, or a SHA-512 in hexadecimal. */
export const ID_LENGTH_MAX = 128;

/** Ids stand in URLs: these would be read as something else there, and the order could never be fetched. */
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

/** How another system names a user or a product: nothing that we ever put into a URL. */
export const foreignId = v.union([
  name,
  v.pipe(v.number(), v.safeInteger("Must be a whole number that JSON carries exactly")),
]);

export const quantity = v.pipe(
  v.number(),
  v.integer("Must be a whole number"),
  v.minValue(1, "Must be at least 1"),
  v.maxValue(QUANTITY_MAX, `Must be at most ${QUANTITY_MAX}`),
);

/** A decimal amount of the shop's currency, as JSON writes it: 19.99. Its decimals are counted in money.ts. */
export const money = v.pipe(
  v.number(),
  v.minValue(0, "Must not be negative"),
  v.maxValue(UNITS_MAX, `Must be at most ${UNITS_MAX}`),
  v.description("A decimal amount, with no more decimals than the shop's currency has: 19.99 in USD"),
);

const currency = v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, "Must be an ISO 4217 code in capitals"));

/** Words for one thing may both be sent where they say the same. */
export const customerWords = { customer: v.exactOptional(name), userId: v.exactOptional(foreignId) };
export const amountWords = { amount: v.exactOptional(money), totalAmount: v.exactOptional(money) };

/** What every new order may say, whatever its dialect. */
export const newOrderWords = {
  id: v.exactOptional(chosenId),
  orderId: v.exactOptional(chosenId),
  currency: v.exactOptional(currency),
  ...customerWords,
  ...amountWords,
};

const newOrder = v.strictObject(newOrderWords);
export type NewOrderWords = v.InferOutput<typeof newOrder>;
