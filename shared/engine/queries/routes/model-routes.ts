// The routes of every read model: its list, one document, and where a row is of one stream, its history and past.
import * as v from "valibot";
import type { Parameter, Route } from "@millrace/http/route";
import { instant } from "@millrace/read-models/asked-values";
import type { ReadModel } from "@millrace/read-models/read-model";
import { pageAnswer } from "../documents.ts";
import { defined, describeQuery, readQuery } from "../query-parameters.ts";
import type { Reads } from "../reads.ts";
import { combinedRoute } from "./combined.ts";
import {
  idParameter,
  ifNoneMatch,
  itsVersion,
  notFound,
  rowAnswer,
  version,
  waitParameters,
  waitProblems,
  waitQuery,
} from "./find-row.ts";
import { historyRoute } from "./history.ts";
import { nextPage, pageParameters, pageQuery } from "./page-query.ts";
import { asOf } from "./past.ts";
import { streamRoutes } from "./stream.ts";
import { whyRoute } from "./why.ts";

/** Fixed paths stand before those with an id: the first that matches is taken. */
export function modelRoutes(reads: Reads, model: ReadModel): Route[] {
  const past = model.past && { reads, model, past: model.past };
  return [
    ...(model.shown.followed ? streamRoutes(reads, model) : []),
    ...(past ? [historyRoute(past), whyRoute(past)] : []),
    listRoute(reads, model),
    model.shown.versioned ? oneRoute(reads, model) : combinedRoute(reads, model),
  ];
}

function listRoute(reads: Reads, model: ReadModel): Route {
  const { name, shown } = model;
  const filterQuery: Record<string, v.GenericSchema<string | undefined, unknown>> = {};
  const filterParameters: Parameter[] = [];
  for (const [filter, { schema, description }] of Object.entries(shown.filters)) {
    filterQuery[filter] = v.optional(schema);
    filterParameters.push({ name: filter, in: "query", description, schema: v.optional(schema) });
  }
  const listQuery = { ...filterQuery, ...pageQuery };
  return {
    method: "GET",
    path: `/${name}`,
    access: `${name}:read`,
    ...(shown.listsOwned ? { knowsOwners: true } : {}),
    tag: name,
    summary: `${name[0]?.toUpperCase()}${name.slice(1)}, newest first`,
    description: `Filters may be combined. Pages never skip or repeat ${name} while others are written.`,
    parameters: [...filterParameters, ...pageParameters],
    responses: [
      { status: 200, description: "One page", schema: v.array(shown.schema), optionalHeaders: nextPage },
    ],
    problems: ["invalid_query", "invalid_cursor", "postgres_unavailable"],
    async handle({ request, grant, principal }) {
      const query = readQuery(listQuery, request.url);
      if (!query.ok) return query.problem;
      const { cursor, limit, ...filters } = query.value;
      const theirs = grant === "own" ? { owner: principal.subject } : {};
      return reads.answers.read(request, async () =>
        pageAnswer(
          request,
          await shown.list(reads, { filters, ...theirs, ...defined({ limit, after: cursor }) }),
        ),
      );
    },
  };
}

const asOfQuery = { version: v.optional(version), at: v.optional(instant) };
const oneQuery = { ...waitQuery, ...asOfQuery };

function oneRoute(reads: Reads, model: ReadModel): Route {
  const { name, shown, past } = model;
  return {
    method: "GET",
    path: `/${name}/:id`,
    access: `${name}:read`,
    tag: name,
    summary: `One ${shown.noun}, now or as it was`,
    parameters: [
      idParameter(model),
      ...waitParameters,
      ...describeQuery(asOfQuery, {
        version: `The ${shown.noun} as it was at this version`,
        at: `The ${shown.noun} as it was at this instant`,
      }),
      ifNoneMatch,
    ],
    responses: [
      { status: 200, description: `The ${shown.noun}`, schema: shown.schema, headers: itsVersion },
      { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
    ],
    problems: [notFound(model), "newer_schema", "invalid_query", ...waitProblems],
    async handle(call) {
      const query = readQuery(oneQuery, call.request.url);
      if (!query.ok) return query.problem;
      const { version, at } = query.value;
      if (!past || (version === undefined && at === undefined)) {
        return rowAnswer(reads, model, call, query.value);
      }
      return reads.answers.read(call.request, () => asOf({ reads, model, past }, call, { version, at }));
    },
  };
}
