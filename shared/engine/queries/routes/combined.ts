// One document made of several streams. A client may name an event of one of them, and waits until the document shows it.
import * as v from "valibot";
import type { Route } from "@millrace/http/route";
import type { ReadModel } from "@millrace/read-models/read-model";
import { describeQuery, readQuery } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import {
  idParameter,
  ifNoneMatch,
  notFound,
  rowAnswer,
  WAIT_MEANING,
  wait,
  waitFor,
  waitProblems,
} from "./find-row.ts";

/** A stream of one of the model's categories, an @, and a version of at most nine digits. */
function after({ sources }: ReadModel) {
  const categories = sources.map(({ category }) => category);
  const message = `Must be a stream and a version that it came to, such as ${categories[0]}-1@1`;
  return v.pipe(
    v.string(),
    // OpenAPI has this pattern: every text that it allows is read.
    v.regex(new RegExp(`^(?:${categories.join("|")})-[\\s\\S]+@[1-9]\\d{0,8}$`), message),
    v.transform((place) => {
      const at = place.lastIndexOf("@");
      return { stream: place.slice(0, at), minVersion: Number(place.slice(at + 1)) };
    }),
  );
}

const itsTag = { ETag: "What it shows: another where anything of it is another" };

export function combinedRoute(reads: Reads, model: ReadModel): Route {
  const { name, shown } = model;
  const query = { after: v.optional(after(model)), wait };
  return {
    method: "GET",
    path: `/${name}/:id`,
    access: `${name}:read`,
    tag: name,
    summary: `One ${shown.noun}`,
    parameters: [
      idParameter(model),
      ...describeQuery(query, {
        after: `Wait until it shows this: a stream, an @, and the version that a write answered as its ETag, such as ${model.sources[0]?.category}-1@3`,
        wait: `Longest wait for that, ${WAIT_MEANING}`,
      }),
      ifNoneMatch,
    ],
    responses: [
      { status: 200, description: `The ${shown.noun}`, schema: shown.schema, headers: itsTag },
      { status: 304, description: "Still what one of If-None-Match names", headers: itsTag },
    ],
    problems: [notFound(model), "invalid_query", ...waitProblems],
    async handle(call) {
      const asked = readQuery(query, call.request.url);
      if (!asked.ok) return asked.problem;
      const { after, wait } = asked.value;
      if (after)
        await waitFor(reads, call, name, { id: after.stream, minVersion: after.minVersion, waitMs: wait });
      return rowAnswer(reads, model, call, { minVersion: undefined, wait });
    },
  };
}
