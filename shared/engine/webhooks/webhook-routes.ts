// Webhook endpoints, changed on the command API.
import * as v from "valibot";
import type { Parsed } from "@millrace/commands/parsed";
import type { Bodies } from "@millrace/http/body";
import { doerOf } from "@millrace/http/doer";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import type { Sql } from "@millrace/platform/postgres";
import type { Internal } from "./destination.ts";
import { answer, CHANGES, endpointRoute, id, isId, shown } from "./endpoint-route.ts";
import { addEndpoint, changeEndpoint, changeSecret, findEndpoint, removeEndpoint } from "./endpoints.ts";
import { requestReplay, retryDelivery, sendTest } from "./operate.ts";
import type { Sealer } from "./seal.ts";
import { addBody, changeBody, readAdd, readChange, readReplay, replayBody } from "./wishes.ts";

export interface WebhookRouteOptions {
  readonly sql: Sql;
  readonly bodies: Bodies;
  /** Undefined where there is no key: then no endpoint can be added. */
  readonly sealer: Sealer | undefined;
  readonly internal: Internal;
}

const withSecret = v.looseObject({ id: v.string(), secret: v.string() });
const willBeSent = { status: 202, description: "Will be sent", schema: v.object({ id: v.string() }) };
const bodyProblems = [
  "body_invalid",
  "body_not_json",
  "body_too_large",
  "body_timeout",
  "malformed_json",
] as const;
const EXAMPLE = { url: "https://hooks.example.com/things", events: ["thing.*"] };

export function webhookRoutes(options: WebhookRouteOptions): Route[] {
  return [...endpointRoutes(options), ...deliveryRoutes(options)];
}

function endpointRoutes(options: WebhookRouteOptions): Route[] {
  const { sql, sealer, internal } = options;
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
      handle(call) {
        const read = (body: unknown) => readAdd(body, internal);
        return withBody(options, call, read, async (wish) => {
          if (!sealer) return problem("webhooks_off");
          const added = await addEndpoint(sql, sealer, { ...wish, by: doerOf(call) });
          if (!added) return problem("webhooks_full");
          const endpoint = await findEndpoint(sql, added.id);
          return answer(201, { ...endpoint, secret: added.secret }, { location: `/webhooks/${added.id}` });
        });
      },
    },
    endpointRoute({
      ...CHANGES,
      method: "PATCH",
      path: "/webhooks/:id",
      summary: "Change an endpoint, or enable or disable it",
      body: { schemas: [changeBody], examples: { enable: { enabled: true } } },
      responses: [{ status: 200, description: "Changed", schema: shown }],
      problems: bodyProblems,
      handle(id, call) {
        const read = (body: unknown) => readChange(body, internal);
        return withBody(options, call, read, async (change) => {
          const isChanged = await changeEndpoint(sql, { ...change, id, by: doerOf(call) });
          const endpoint = isChanged ? await findEndpoint(sql, id) : undefined;
          return endpoint ? answer(200, endpoint) : problem("webhook_not_found");
        });
      },
    }),
    endpointRoute({
      ...CHANGES,
      method: "DELETE",
      path: "/webhooks/:id",
      summary: "Remove an endpoint, with its log and all that was to be sent to it",
      responses: [{ status: 204, description: "Removed" }],
      async handle(id, call) {
        return (await removeEndpoint(sql, { id, by: doerOf(call) })) ? answer(204, undefined) : undefined;
      },
    }),
    endpointRoute({
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/secret",
      summary: "Give an endpoint another secret; the one before signs as well for a day",
      responses: [{ status: 201, description: "The new secret, this once", schema: withSecret }],
      problems: ["webhooks_off"],
      async handle(id, call) {
        if (!sealer) return problem("webhooks_off");
        const secret = await changeSecret(sql, sealer, { id, by: doerOf(call) });
        return secret === undefined ? undefined : answer(201, { id, secret });
      },
    }),
  ];
}

function deliveryRoutes(options: WebhookRouteOptions): Route[] {
  const { sql } = options;
  return [
    endpointRoute({
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/test",
      summary: "Send an endpoint a webhook.test",
      responses: [willBeSent],
      async handle(endpoint) {
        const id = await sendTest(sql, endpoint);
        return id === undefined ? undefined : answer(202, { id });
      },
    }),
    endpointRoute({
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/replay",
      summary: "Send the events of a time once more, from the event store",
      description:
        "Under the same ids, those that were taken too. It takes the place of a replay that is not done yet.",
      body: { schemas: [replayBody], examples: { since: { since: "2026-01-31T09:00:00Z" } } },
      responses: [willBeSent],
      problems: bodyProblems,
      handle: (endpoint, call) =>
        withBody(options, call, readReplay, async (range) => {
          const isRequested = await requestReplay(sql, { ...range, endpoint, by: doerOf(call) });
          return isRequested ? answer(202, { id: endpoint }) : problem("webhook_not_found");
        }),
    }),
    endpointRoute({
      ...CHANGES,
      method: "POST",
      path: "/webhooks/:id/deliveries/:delivery/retry",
      summary: "Send one delivery again now",
      parameters: [id, { ...id, name: "delivery", description: "Its webhook-id" }],
      responses: [willBeSent],
      problems: ["webhook_being_sent"],
      async handle(endpoint, call) {
        const delivery = call.context.req.param("delivery") ?? "";
        if (!isId(delivery)) return undefined;
        const retried = await retryDelivery(sql, { endpoint, id: delivery, by: doerOf(call) });
        if (retried === "is being sent") return problem("webhook_being_sent");
        return retried === "will be sent" ? answer(202, { id: delivery }) : undefined;
      },
    }),
  ];
}

function withBody<Value>(
  { bodies }: WebhookRouteOptions,
  call: Call,
  read: (body: unknown) => Parsed<Value>,
  act: (value: Value) => Promise<Answer>,
): Promise<Answer> {
  return bodies.withJson(call, (body) => {
    const parsed = read(body);
    return parsed.ok ? act(parsed.value) : problem("body_invalid", { errors: parsed.issues });
  });
}
