// Whether the sender of a request may use a route. Must never say anything else to one that may not.
import { type Identified, isUnproven } from "@millrace/access/gate";
import { type Action, may } from "@millrace/access/may";
import { actorOf } from "@millrace/access/principal";
import { asked } from "./identify.ts";
import { problem } from "./problem.ts";
import type { Answer, Call, Route } from "./route.ts";

export type Admitted = { readonly call: Call } | { readonly refusal: Answer };

export function admit(
  action: Action,
  {
    call,
    who,
    knowsOwners,
    knowsGuests,
  }: { call: Call; who: Identified } & Pick<Route, "knowsOwners" | "knowsGuests">,
): Admitted {
  if (isUnproven(who)) {
    const { code, detail } = who;
    const challenge = code === "credentials_invalid" ? 'Bearer error="invalid_token"' : "Bearer";
    const headers = { "www-authenticate": challenge };
    return { refusal: problem(code, detail === undefined ? { headers } : { headers, detail }) };
  }
  const grant = may(who, action);
  const knowsTheirs = who.role === "guest" ? knowsGuests : knowsOwners;
  if (grant === "none" || (grant === "own" && !knowsTheirs))
    return { refusal: forbidden(actorOf(who), action) };
  return { call: asked(call, who, grant) };
}

function forbidden(actor: string, action: Action): Answer {
  return problem("forbidden", {
    detail: `${actor} may not do this, and nothing was done: it needs the right ${action}.`,
  });
}
