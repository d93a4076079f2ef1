// What every document of a stream's row holds beside its own words, for the documentation.
import * as v from "valibot";

export const time = v.pipe(v.string(), v.isoTimestamp());

export const documentFields = {
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  createdAt: time,
  updatedAt: time,
};
