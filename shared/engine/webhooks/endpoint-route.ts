// What the routes of webhook endpoints have in common.
import * as v from "valibot";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Parameter, Route } from "@millrace/http/route";

export const CHANGES = { access: "webhooks:configure", tag: "webhooks" } as const;
export const READS = { access: "webhooks:oversee", tag: "webhooks" } as const;

/** An endpoint, as documents show it: without its secrets. */
export const shown = v.looseObject({
  id: v.string(),
  url: v.string(),
  events: v.array(v.string()),
  enabled: v.boolean(),
});

export const id: Parameter = {
  name: "id",
  in: "path",
  description: "Of the endpoint",
  schema: v.string(),
  required: true,
};

type EndpointRoute = Omit<Route, "handle"> & {
  /** Undefined where there is no such endpoint. */
  handle(id: string, call: Call): Promise<Answer | undefined>;
};

/** A route of one endpoint, which is answered 404 where there is none. */
export function endpointRoute({ problems = [], handle, ...route }: EndpointRoute): Route {
  return {
    parameters: [id],
    ...route,
    problems: [...problems, "webhook_not_found", "postgres_unavailable"],
    async handle(call) {
      const given = call.context.req.param("id") ?? "";
      // A path may hold what Postgres takes for no text, so an id that we never made is not looked up.
      const answered = isId(given) ? await handle(given, call) : undefined;
      return answered ?? problem("webhook_not_found");
    },
  };
}

/** Whether we can have made the id, of an endpoint or of a delivery. */
export function isId(text: string): boolean {
  return /^[a-z]{2,3}_[0-9a-f]{32}$/.test(text);
}

/** No cache keeps an answer: it may hold a secret, and it is out of date within seconds. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "cache-control": "no-store", ...headers }, body };
}
