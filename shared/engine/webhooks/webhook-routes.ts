// Endpoints over HTTP: changed on the command API, read on the query API.
import * as v from "valibot";
import type { Parsed } from "@millrace/commands/parsed";
import type { Bodies } from "@millrace/http/body";
import { doerOf } from "@millrace/http/doer";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Parameter, Route } from "@millrace/http/route";
import type { Sql } from "@millrace/platform/postgres";
import { describeQuery, readQuery, wholeNumber } from "@millrace/queries/query-parameters";
import type { Internal } from "./destination.ts";
import {
  addEndpoint,
  changeEndpoint,
  changeSecret,
  type Endpoint,
  findEndpoint,
  listEndpoints,
  removeEndpoint,
} from "./endpoints.ts";
import { DELIVERY_STATES, listDeliveries, requestReplay, retryDelivery, sendTest } from "./operate.ts";
import type { Sealer } from "./seal.ts";
import { addBody, changeBody, readAdd, readChange, readReplay, replayBody } from "./wishes.ts";

export interface WebhookRouteOptions {
  readonly sql: Sql;
  readonly bodies: Bodies;
  /** Undefined where there is no key: then no endpoint can be added. */
  readonly sealer: Sealer | undefined;
  readonly internal: Internal;
}

const CHANGES = { access: "webhooks:configure", tag: "webhooks" } as const;
const READS = { access: "webhooks:oversee", tag: "webhooks" } as const;

const id: Parameter = {
  name: "id",
  in: "path",
  description: "Of the endpoint",
  schema: v.string(),
  required: true,
};
const shown = v.looseObject({
  id: v.string(),
  url: v.string(),
  events: v.array(v.string()),
  enabled: v.boolean(),
});
const withSecret = v.looseObject({ id: v.string(), secret: v.string() });
const bodyProblems = [
  "body_invalid",
  "body_not_json",
  "body_too_large",
  "body_timeout",
  "malformed_json",
] as const;
const EXAMPLE = { url: "https://hooks.example.com/things", events: ["thing.*"] };

/** On the command API. */
export function webhookRoutes({ sql, bodies, sealer, internal }: WebhookRouteOptions): Route[] {
  const withBody = <Value>(
    call: Call,
    read: (body: unknown) => Parsed<Value>,
    act: (value: Value) => Promise<Answer>,
  ) =>
    bodies.withJson(call, (body) => {
      const parsed = read(body);
      return parsed.ok ? act(parsed.value) : problem("body_invalid", { errors: parsed.issues });
    });
  return [
    {
      ...CHANGES,
      method: "POST",
      path: "/webhooks",
      summary: "Have events sent to an address",
      description:
        "By the Standard Webhooks specification. The secret that signs them is answered this once. Events are sent at " +
        "least once and under the same webhook-id each time; with `ordered` those of one stream one after another.",
      body: { schemas: [addBody], examples: { things: EXAMPLE } },
      responses: [
        {
          status: 201,
          description: "Added, with its secret",
          schema: withSecret,
          headers: { Location: "Where it is read" },
        },
      ],
      problems: [...bodyProblems, "webhooks_full", "webhooks_off", "postgres_unavailable"],
      handle: (call) =>
        withBody(
          call,
          (body) => readAdd(body, internal),
          async (wish) => {
            if (!sealer) return problem("webhooks_off");
            const added = await addEndpoint(sql, sealer, { ...wish, by: doerOf(call) });
            if (!added) return problem("webhooks_full");
            const endpoint = await findEndpoint(sql, added.id);
            return answer(201, { ...endpoint, secret: added.secret }, { location: `/webhooks/${added.id}` });
          },
        ),
    },
    {
      ...CHANGES,
      method: "PATCH",
      path: "/webhooks/:id",
      summary: "Change an endpoint, or enable or disable it",
      parameters: [id],
      body: { schemas: [changeBody], examples: { enable: { enabled: true } } },
      responses: [{ status: 200, description: "Changed", schema: shown }],
      problems: [...bodyProblems, "webhook_not_found", "postgres_unavailable"],
      handle: (call) =>
        withBody(
          call,
          (body) => readChange(body, internal),
          async (change) => {
            if (!(await changeEndpoint(sql, { ...change, id: idOf(call), by: doerOf(call) })))
              return problem("webhook_not_found");
            return found(await findEndpoint(sql, idOf(call)));
          },
        ),
    },
    {
      ...CHANGES,
      method: "DELETE",
      path: "/webhooks/:id",
      summary: "Remove an endpoint, with its log and all that was to be sent to it",
      parameters: [id],
      responses: [{ status: 204, description: "Removed" }],
      problems: ["webhook_not_found", "postgres_unavailable"],
      handle: async (call) =>
        (await removeEndpoint(sql, { id: idOf(call), by: doerOf(call) }))
          ? answer(204, undefined)
          : problem("webhook_not_found"),
    },
    {
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/secret",
      summary: "Give an endpoint another secret; the one before signs as well for a day",
      parameters: [id],
      responses: [{ status: 201, description: "The new secret, this once", schema: withSecret }],
      problems: ["webhook_not_found", "webhooks_off", "postgres_unavailable"],
      async handle(call) {
        if (!sealer) return problem("webhooks_off");
        const secret = await changeSecret(sql, sealer, { id: idOf(call), by: doerOf(call) });
        return secret === undefined ? problem("webhook_not_found") : answer(201, { id: idOf(call), secret });
      },
    },
    {
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/test",
      summary: "Send an endpoint a webhook.test",
      parameters: [id],
      responses: [{ status: 202, description: "Will be sent", schema: v.object({ id: v.string() }) }],
      problems: ["webhook_not_found", "postgres_unavailable"],
      async handle(call) {
        const delivery = await sendTest(sql, idOf(call));
        return delivery === undefined ? problem("webhook_not_found") : answer(202, { id: delivery });
      },
    },
    {
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/replay",
      summary: "Send the events of a time once more, from the event store",
      description:
        "Under the same ids, those that were taken too. It takes the place of a replay that is not done yet.",
      parameters: [id],
      body: { schemas: [replayBody], examples: { since: { since: "2026-01-31T09:00:00Z" } } },
      responses: [{ status: 202, description: "Will be sent", schema: v.object({ id: v.string() }) }],
      problems: [...bodyProblems, "webhook_not_found", "postgres_unavailable"],
      handle: (call) =>
        withBody(call, readReplay, async (range) => {
          const wish = { ...range, endpoint: idOf(call), by: doerOf(call) };
          return (await requestReplay(sql, wish))
            ? answer(202, { id: idOf(call) })
            : problem("webhook_not_found");
        }),
    },
    {
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/deliveries/:delivery/retry",
      summary: "Send one delivery again now",
      parameters: [id, { ...id, name: "delivery", description: "Its webhook-id" }],
      responses: [{ status: 202, description: "Will be sent", schema: v.object({ id: v.string() }) }],
      problems: ["webhook_not_found", "webhook_being_sent", "postgres_unavailable"],
      async handle(call) {
        const delivery = call.context.req.param("delivery") ?? "";
        const wish = { endpoint: idOf(call), id: delivery, by: doerOf(call) };
        const retried = isId(delivery) ? await retryDelivery(sql, wish) : "is not there";
        if (retried === "is being sent") return problem("webhook_being_sent");
        return retried === "will be sent" ? answer(202, { id: delivery }) : problem("webhook_not_found");
      },
    },
  ];
}

const LIMIT_MAX = 1_000;
const logQuery = {
  state: v.optional(v.picklist(DELIVERY_STATES, `Must be one of: ${DELIVERY_STATES.join(", ")}`)),
  limit: v.optional(wholeNumber(1, LIMIT_MAX), "100"),
};

/** On the query API. */
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
    {
      ...READS,
      method: "GET",
      path: "/webhooks/:id",
      summary: "One endpoint",
      parameters: [id],
      responses: [{ status: 200, description: "The endpoint, without its secret", schema: shown }],
      problems: ["webhook_not_found", "postgres_unavailable"],
      handle: async (call) => found(await findEndpoint(sql, idOf(call))),
    },
    {
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
      problems: ["webhook_not_found", "invalid_query", "postgres_unavailable"],
      async handle(call) {
        const query = readQuery(logQuery, call.request.url);
        if (!query.ok) return query.problem;
        if (!(await findEndpoint(sql, idOf(call)))) return problem("webhook_not_found");
        return answer(200, await listDeliveries(sql, { endpoint: idOf(call), ...query.value }));
      },
    },
  ];
}

/** Ids of ours; any other can't have been given. */
function isId(text: string): boolean {
  return /^[a-z]{2,3}_[0-9a-f]{32}$/.test(text);
}

/** One that nothing has where the path's is none of ours: what is in a path need not be text that Postgres takes. */
function idOf({ context }: Call): string {
  const given = context.req.param("id") ?? "";
  return isId(given) ? given : "";
}

function found(endpoint: Endpoint | undefined): Answer {
  return endpoint ? answer(200, endpoint) : problem("webhook_not_found");
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "cache-control": "no-store", ...headers }, body };
}
