// Whether whoever asks may use a route. Must never say more to those that may not than that.
import { type Identified, isUnproven } from "@millrace/access/gate";
import { type Action, may } from "@millrace/access/may";
import { actorOf } from "@millrace/access/principal";
import type { Excess } from "@millrace/access/shares";
import { asked } from "./identify.ts";
import { problem } from "./problem.ts";
import type { Answer, Call, Route } from "./route.ts";

export type Admitted = { readonly call: Call } | { readonly refusal: Answer };

export function admit(
  action: Action,
  { call, who, knowsOwners }: { call: Call; who: Identified } & Pick<Route, "knowsOwners">,
): Admitted {
  if (isUnproven(who)) {
    const { code, detail } = who;
    const challenge = code === "credentials_invalid" ? 'Bearer error="invalid_token"' : "Bearer";
    const headers = { "www-authenticate": challenge };
    return { refusal: problem(code, detail === undefined ? { headers } : { headers, detail }) };
  }
  const grant = may(who, action);
  if (grant === "none" || (grant === "own" && !knowsOwners))
    return { refusal: forbidden(actorOf(who), action) };
  return { call: asked(call, who, grant) };
}

/** Retry-After for all clients; the others as draft-ietf-httpapi-ratelimit-headers has them. */
export function beyondShare({ retryAfterSeconds, most }: Excess): Answer {
  return problem("rate_limited", {
    headers: {
      "retry-after": String(retryAfterSeconds),
      "ratelimit-policy": `"principal";q=${most};w=1`,
      ratelimit: `"principal";r=0;t=${retryAfterSeconds}`,
    },
  });
}

function forbidden(actor: string, action: Action): Answer {
  return problem("forbidden", { detail: `${actor} may not do this: ${action}.` });
}
