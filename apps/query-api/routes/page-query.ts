import * as v from "valibot";
import { parseCursor } from "@millrace/read-models/cursor";
import { describeQuery, wholeNumber } from "../query-parameters.ts";

const LIMIT_DEFAULT = 100;
/** A page of a thousand orders is about a megabyte. */
const LIMIT_MAX = 1_000;

const cursor = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const place = parseCursor(dataset.value);
    if (place) return place;
    addIssue({ message: "Is no cursor that a page was answered with" });
    return NEVER;
  }),
);

export const pageQuery = {
  limit: v.optional(wholeNumber(1, LIMIT_MAX), String(LIMIT_DEFAULT)),
  cursor: v.optional(cursor),
};

export const nextPage = { Link: 'The next page, rel="next"; absent on the last (RFC 8288)' };

export const pageParameters = describeQuery(pageQuery, {
  limit: `Most to answer; ${LIMIT_DEFAULT} unless said, at most ${LIMIT_MAX}`,
  cursor: "Where the page starts: take it from the Link of the page before",
});
