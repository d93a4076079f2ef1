// A route, whole: how it is reached, what it takes, what it answers and who does it. Routing, Allow and
// OpenAPI are all made from it.
import type { Context } from "hono";
import type * as v from "valibot";
import type { Grant, RouteAccess } from "@millrace/access/may";
import type { Principal } from "@millrace/access/principal";
import type { Shares } from "@millrace/access/shares";
import type { NamedProblem, ProblemCode } from "./problem.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A body that is JSON text already. */
export class Printed {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** What goes back: JSON unless `content-type` says otherwise; no body where it is null or undefined. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Printed here, unless it is `Printed`. */
  readonly body: unknown;
}

/** One request, with who asked and why. */
export interface Call {
  readonly context: Context;
  readonly request: Request;
  readonly requestId: string;
  readonly correlationId: string;
  /** Who asks. */
  readonly principal: Principal;
  /** What of it they may: `own` is only what belongs to them. */
  readonly grant: Exclude<Grant, "none">;
  /** How much one principal may ask for; undefined where that is as much as all may. */
  readonly shares: Shares | undefined;
  /** As events name who asks. While access is open it is what X-Actor says, `anonymous` without one. */
  readonly actor: string;
  /** What X-Actor says of whom a principal acted for, where theirs may act for others. */
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
  /** Of the JSON body; without one there is no body. */
  readonly schema?: v.GenericSchema;
  readonly contentType?: string;
  /** Names and meanings of headers that every such answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The same, of headers that it may have. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** OpenAPI links: what to ask next, with what from this answer. */
  readonly links?: Readonly<
    Record<string, { readonly operationId: string; readonly parameters: Readonly<Record<string, string>> }>
  >;
}

export interface BodyShape {
  /** Several are alternatives. */
  readonly schemas: readonly v.GenericSchema[];
  /** By name; each is a whole body. */
  readonly examples: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly method: Method;
  /** As Hono writes it: /things/:id. */
  readonly path: string;
  /** Who may use it: those that may do this, or everybody. */
  readonly access: RouteAccess;
  /** Keeps what is another's from those that may have only their own (`call.grant`). Without it they may not use it at all. */
  readonly knowsOwners?: true;
  /** Reads one thing, by the id in its path, and keeps all others from a guest. Without it guests may not use it at all. */
  readonly knowsGuests?: true;
  readonly summary: string;
  readonly description?: string;
  /** The family that it is listed under. */
  readonly tag: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: BodyShape;
  readonly responses: readonly ResponseShape[];
  /** The problems that it answers, beside those that any route does. */
  readonly problems?: readonly (ProblemCode | NamedProblem)[];
  /** Takes parameters in its query that it does not declare: health checkers add their own, a redirect passes them on. */
  readonly anyQuery?: boolean;
  /** Probes answer however many requests are under way. */
  readonly unbounded?: boolean;
  readonly handle: (call: Call) => Answer | Response | Promise<Answer | Response>;
}
