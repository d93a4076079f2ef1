import * as v from "valibot";
import type { Route } from "@millrace/http/route";
import { pageAnswer } from "@millrace/queries/documents";
import { defined, readQuery } from "@millrace/queries/query-parameters";
import type { Reads } from "@millrace/queries/reads";
import {
  ifNoneMatch,
  itsVersion,
  rowAnswer,
  waitParameters,
  waitProblems,
  waitQuery,
} from "@millrace/queries/routes/find-row";
import { nextPage, pageParameters, pageQuery } from "@millrace/queries/routes/page-query";
import { userDocument } from "../documents.ts";
import { userProblems } from "./problems.ts";
import { listUsers } from "./read-model/queries.ts";

export function userRoutes(reads: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/users",
      access: "users:read",
      tag: "users",
      summary: "Users, newest first",
      parameters: pageParameters,
      responses: [
        { status: 200, description: "One page", schema: v.array(userDocument), optionalHeaders: nextPage },
      ],
      problems: ["invalid_query", "invalid_cursor", "postgres_unavailable"],
      async handle({ request }) {
        const query = readQuery(pageQuery, request.url);
        if (!query.ok) return query.problem;
        const { cursor, limit } = query.value;
        return reads.answers.read(request, async () =>
          pageAnswer(request, await listUsers(reads.sql, defined({ limit, after: cursor }))),
        );
      },
    },
    {
      method: "GET",
      path: "/users/:id",
      access: "users:read",
      tag: "users",
      summary: "One user",
      parameters: [
        { name: "id", in: "path", description: "The user's id, as text", schema: v.string(), required: true },
        ...waitParameters,
        ifNoneMatch,
      ],
      responses: [
        { status: 200, description: "The user", schema: userDocument, headers: itsVersion },
        { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
      ],
      problems: [userProblems.user_not_found, "invalid_query", ...waitProblems],
      async handle(call) {
        const query = readQuery(waitQuery, call.request.url);
        if (!query.ok) return query.problem;
        return rowAnswer(reads, "users", call, query.value);
      },
    },
  ];
}
