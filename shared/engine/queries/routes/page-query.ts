// Parameters of pages: of lists, which go on by a cursor, and of events, which go on by a version.
import * as v from "valibot";
import { CURSOR, CURSOR_LENGTH_MAX, parseCursor } from "@millrace/read-models/cursor";
import { describeQuery, wholeNumber } from "../query-parameters.ts";

const LIMIT_DEFAULT = 100;
/** Most documents of a page: a thousand usual ones are half a megabyte. A page of large ones ends at READ_BYTES_MAX. */
const LIMIT_MAX = 1_000;

/** The largest version that Postgres' integer can hold. */
export const VERSION_MAX = 2_147_483_647;

const CURSOR_MESSAGE = "Is no cursor that a page was answered with";

const cursor = v.pipe(
  v.string(),
  // OpenAPI has these two bounds as they are here.
  v.maxLength(CURSOR_LENGTH_MAX, CURSOR_MESSAGE),
  v.regex(CURSOR, CURSOR_MESSAGE),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const place = parseCursor(dataset.value);
    if (place) return place;
    addIssue({ message: CURSOR_MESSAGE });
    return NEVER;
  }),
);

export const pageQuery = {
  limit: v.optional(wholeNumber(1, LIMIT_MAX), String(LIMIT_DEFAULT)),
  cursor: v.optional(cursor),
};

/** For a stream's events, which start after a version. */
export const eventsQuery = {
  limit: v.optional(wholeNumber(1, LIMIT_MAX), String(LIMIT_DEFAULT)),
  after: v.optional(wholeNumber(0, VERSION_MAX)),
};

export const nextPage = { Link: 'The next page, rel="next"; absent on the last (RFC 8288)' };

const LIMIT_MEANING = `Most to answer, fewer where they are large; ${LIMIT_DEFAULT} unless said, at most ${LIMIT_MAX}`;

export const pageParameters = describeQuery(pageQuery, {
  limit: LIMIT_MEANING,
  cursor: "Where the page starts: take it from the Link of the page before",
});

export const eventsParameters = describeQuery(eventsQuery, {
  limit: LIMIT_MEANING,
  after: "Start after this version: the Link of the page before names it",
});
