// A route, whole: its method and path, who may use it, what it takes and what it answers. Routing, Allow and OpenAPI are
// all made from it.
import type { Context } from "hono";
import type * as v from "valibot";
import type { Gate } from "@millrace/access/gate";
import type { Grant, RouteAccess } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import type { Shares } from "@millrace/access/shares";
import type { NamedProblem } from "./problem.ts";
import type { ProblemCode } from "./problem-codes.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A body that is JSON text already. */
export class Printed {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** The answer to a request: JSON unless `content-type` says otherwise; no body where it is null or undefined. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Printed as JSON by render.ts, unless it is `Printed` already. */
  readonly body: unknown;
}

/** 200 with this body. */
export function ok(body: unknown): Answer {
  return { status: 200, headers: {}, body };
}

/** One request, with who sent it and why. */
export interface Call {
  readonly context: Context;
  readonly request: Request;
  readonly requestId: string;
  readonly correlationId: string;
  /** Who sent it. */
  readonly principal: Principal;
  /** What the principal may reach: `own` is only what belongs to them. */
  readonly grant: Exclude<Grant, "none">;
  /** Whom it was let in by: what goes on for longer than a request is asked about again. */
  readonly gate: Gate;
  /** Bounds of one principal; undefined where only the bounds of the process count. */
  readonly shares: Shares | undefined;
  /** The sender as events name it. While access is open it is what X-Actor says, `anonymous` without one. */
  readonly actor: string;
  /** For whom the sender acts, as X-Actor says; only of principals that may act for others. */
  readonly onBehalfOf?: string;
  /** W3C trace context, where the request had a well-formed one. */
  readonly traceparent: string | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: v.GenericSchema;
  readonly required?: boolean;
}

export interface ResponseShape {
  readonly status: number;
  readonly description: string;
  /** Schema of the JSON body; without one there is no body. */
  readonly schema?: v.GenericSchema;
  readonly contentType?: string;
  /** Headers that every such answer has, with their meanings. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that it may have, with their meanings. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** OpenAPI links: which operation to call next, and which of its parameters this answer holds. */
  readonly links?: Readonly<
    Record<string, { readonly operationId: string; readonly parameters: Readonly<Record<string, string>> }>
  >;
}

export interface BodyShape {
  /** Several are alternatives. */
  readonly schemas: readonly v.GenericSchema[];
  /** Whole bodies, by name. */
  readonly examples: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly method: Method;
  /** In Hono's form: /things/:id. */
  readonly path: string;
  /** Who may use it: principals that may do this action, or everybody (`public`). */
  readonly access: RouteAccess;
  /** The route itself hides what belongs to others where `call.grant` is `own`. Without this mark such callers get 403. */
  readonly knowsOwners?: true;
  /** The route reads one thing, by the id in its path, and hides all others from a guest. Without this mark guests get 403. */
  readonly knowsGuests?: true;
  readonly summary: string;
  readonly description?: string | undefined;
  /** The heading that the documentation lists it under. */
  readonly tag: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: BodyShape;
  readonly responses: readonly ResponseShape[];
  /** Problems that it answers beside those that any route may answer. */
  readonly problems?: readonly (ProblemCode | NamedProblem)[];
  /** Query parameters that it does not declare are let through: health checkers add their own, a redirect passes them on. */
  readonly anyQuery?: boolean;
  /** Answered however many requests are under way: probes are. */
  readonly unbounded?: boolean;
  readonly handle: (call: Call) => Answer | Response | Promise<Answer | Response>;
}
