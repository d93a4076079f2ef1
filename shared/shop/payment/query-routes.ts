import * as v from "valibot";
import type { Route } from "@millrace/http/route";
import { pageAnswer } from "@millrace/queries/documents";
import { defined, describeQuery, readQuery, word } from "@millrace/queries/query-parameters";
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
import { PAYMENT_STATUSES, paymentDocument } from "../documents.ts";
import { paymentProblems } from "./problems.ts";
import { listPayments } from "./read-model/queries.ts";

const filterQuery = { status: v.optional(word(PAYMENT_STATUSES)) };
const listQuery = { ...filterQuery, ...pageQuery };

export function paymentRoutes(reads: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/payments",
      access: "payments:read",
      tag: "payments",
      summary: "Payments, newest first",
      parameters: [
        ...describeQuery(filterQuery, {
          status: `In this status, in any case: ${PAYMENT_STATUSES.join(", ")}`,
        }),
        ...pageParameters,
      ],
      responses: [
        { status: 200, description: "One page", schema: v.array(paymentDocument), optionalHeaders: nextPage },
      ],
      problems: ["invalid_query", "invalid_cursor", "postgres_unavailable"],
      async handle({ request }) {
        const query = readQuery(listQuery, request.url);
        if (!query.ok) return query.problem;
        const { cursor, ...filters } = query.value;
        return reads.answers.read(request, async () =>
          pageAnswer(request, await listPayments(reads.sql, defined({ ...filters, after: cursor }))),
        );
      },
    },
    {
      method: "GET",
      path: "/payments/:id",
      access: "payments:read",
      tag: "payments",
      summary: "One payment; its id is its order's",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: v.string(), required: true },
        ...waitParameters,
        ifNoneMatch,
      ],
      responses: [
        {
          status: 200,
          description: "The payment",
          schema: paymentDocument,
          headers: itsVersion,
        },
        { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
      ],
      problems: [paymentProblems.payment_not_found, "invalid_query", ...waitProblems],
      async handle(call) {
        const query = readQuery(waitQuery, call.request.url);
        if (!query.ok) return query.problem;
        return rowAnswer(reads, "payments", call, query.value);
      },
    },
  ];
}
