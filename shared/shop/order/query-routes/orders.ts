import * as v from "valibot";
import type { Call, Route } from "@millrace/http/route";
import { pageAnswer } from "@millrace/queries/documents";
import { defined, describeQuery, instant, readQuery, word } from "@millrace/queries/query-parameters";
import type { Reads } from "@millrace/queries/reads";
import {
  ifNoneMatch,
  itsVersion,
  rowAnswer,
  version,
  waitParameters,
  waitProblems,
  waitQuery,
} from "@millrace/queries/routes/find-row";
import { nextPage, pageParameters, pageQuery } from "@millrace/queries/routes/page-query";
import { orderDocument, PAYMENTS, STATUSES } from "../../documents.ts";
import { orderProblems } from "../problems.ts";
import { listOrders } from "../read-model/queries.ts";
import { orderAsOf } from "./past.ts";

/** Longer than any name that an order can hold, so that such a filter finds nothing rather than failing. */
const CUSTOMER_LENGTH_MAX = 500;

const filterQuery = {
  status: v.optional(word(STATUSES)),
  payment: v.optional(word(PAYMENTS)),
  customer: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(CUSTOMER_LENGTH_MAX, "Is longer than any customer"),
      v.transform((customer) => customer.normalize("NFC")),
      v.string(),
    ),
  ),
  createdAfter: v.optional(instant),
  createdBefore: v.optional(instant),
};
const listQuery = { ...filterQuery, ...pageQuery };

const asOfQuery = { version: v.optional(version), at: v.optional(instant) };
const oneQuery = { ...waitQuery, ...asOfQuery };

export function orderRoutes(reads: Reads): Route[] {
  return [
    {
      method: "GET",
      path: "/orders",
      access: "orders:read",
      tag: "orders",
      summary: "Orders, newest first",
      description: "Filters may be combined. Pages never skip or repeat an order while others are written.",
      parameters: [
        ...describeQuery(filterQuery, {
          status: `In this status, in any case: ${STATUSES.join(", ")}`,
          payment: `With this payment, in any case: ${PAYMENTS.join(", ")}`,
          customer: "Of this customer, exactly",
          createdAfter: "Created later than this instant",
          createdBefore: "Created earlier than this instant",
        }),
        ...pageParameters,
      ],
      responses: [
        {
          status: 200,
          description: "One page",
          schema: v.array(orderDocument),
          optionalHeaders: nextPage,
        },
      ],
      problems: ["invalid_query", "invalid_cursor", "postgres_unavailable"],
      async handle({ request }) {
        const query = readQuery(listQuery, request.url);
        if (!query.ok) return query.problem;
        const { cursor, ...filters } = query.value;
        return reads.answers.read(request, async () =>
          pageAnswer(request, await listOrders(reads.sql, defined({ ...filters, after: cursor }))),
        );
      },
    },
    {
      method: "GET",
      path: "/orders/:id",
      access: "orders:read",
      tag: "orders",
      summary: "One order, now or as it was",
      parameters: [
        { name: "id", in: "path", description: "The order's id", schema: v.string(), required: true },
        ...waitParameters,
        ...describeQuery(asOfQuery, {
          version: "The order as it was at this version",
          at: "The order as it was at this instant",
        }),
        ifNoneMatch,
      ],
      responses: [
        { status: 200, description: "The order", schema: orderDocument, headers: itsVersion },
        { status: 304, description: "Still at the version that If-None-Match names", headers: itsVersion },
      ],
      problems: [orderProblems.order_not_found, "newer_schema", "invalid_query", ...waitProblems],
      handle: (call) => oneOrder(reads, call),
    },
  ];
}

async function oneOrder(reads: Reads, call: Call) {
  const { request } = call;
  const query = readQuery(oneQuery, request.url);
  if (!query.ok) return query.problem;
  const { version, at } = query.value;
  if (version === undefined && at === undefined) return rowAnswer(reads, "orders", call, query.value);
  return reads.answers.read(request, () => orderAsOf(reads, call, { version, at }));
}
