// The words that several dialects share, each with its bounds.
import * as v from "valibot";
import { ELEMENTS_MAX } from "@millrace/commands/parsed";
import { chosenId, name } from "@millrace/commands/words";
import { money } from "../read-money.ts";

/** An order of five hundred lines is still one small event, about 100 kB at the longest names. */
export const LINES_MAX = ELEMENTS_MAX;
/** Above any real order, and a sum of such quantities stays far within exact integers. */
export const QUANTITY_MAX = 1_000_000;

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
