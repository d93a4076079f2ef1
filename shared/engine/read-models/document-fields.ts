// Fields of documents that mean the same wherever they stand, for the documentation and the console.
import * as v from "valibot";

export const time = v.pipe(v.string(), v.isoTimestamp());

/** Shown with its currency. */
export const money = v.pipe(
  v.number(),
  v.minValue(0),
  v.description("Decimal amount in the currency: 19.99"),
);

export const documentFields = {
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  createdAt: time,
  updatedAt: time,
};
