// Webhook endpoints and their log, on the query API.
import * as v from "valibot";
import type { Route } from "@millrace/http/route";
import type { Sql } from "@millrace/platform/postgres";
import { describeQuery, readQuery, wholeNumber } from "@millrace/queries/query-parameters";
import { answer, endpointRoute, id, READS, shown } from "./endpoint-route.ts";
import { findEndpoint, listEndpoints } from "./endpoints.ts";
import { DELIVERY_STATES, listDeliveries } from "./operate.ts";

const LIMIT_MAX = 1_000;
const logQuery = {
  state: v.optional(v.picklist(DELIVERY_STATES, `Must be one of: ${DELIVERY_STATES.join(", ")}`)),
  limit: v.optional(wholeNumber(1, LIMIT_MAX), "100"),
};

export function webhookReadRoutes(sql: Sql): Route[] {
  return [
    {
      ...READS,
      method: "GET",
      path: "/webhooks",
      summary: "Endpoints that events are sent to, and how they do",
      responses: [{ status: 200, description: "All of them, without their secrets", schema: v.array(shown) }],
      problems: ["postgres_unavailable"],
      handle: async () => answer(200, await listEndpoints(sql)),
    },
    endpointRoute({
      ...READS,
      method: "GET",
      path: "/webhooks/:id",
      summary: "One endpoint",
      responses: [{ status: 200, description: "The endpoint, without its secret", schema: shown }],
      async handle(endpoint) {
        const found = await findEndpoint(sql, endpoint);
        return found && answer(200, found);
      },
    }),
    endpointRoute({
      ...READS,
      method: "GET",
      path: "/webhooks/:id/deliveries",
      summary: "What an endpoint was sent lately, and what became of it; the newest first",
      parameters: [
        id,
        ...describeQuery(logQuery, {
          state: "Only those in this state",
          limit: `Most to answer, at most ${LIMIT_MAX}`,
        }),
      ],
      responses: [
        {
          status: 200,
          description: "Its log",
          schema: v.array(v.looseObject({ id: v.string(), state: v.string() })),
        },
      ],
      problems: ["invalid_query"],
      async handle(endpoint, { request }) {
        const query = readQuery(logQuery, request.url);
        if (!query.ok) return query.problem;
        if (!(await findEndpoint(sql, endpoint))) return undefined;
        return answer(200, await listDeliveries(sql, { endpoint, ...query.value }));
      },
    }),
  ];
}
