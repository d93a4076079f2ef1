// Things of other owners count as not there, on every route. Must never read a thing, or wait for it, before its owner is known
// to be the caller.
import { type NamedProblem, problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { canBeText } from "@millrace/read-models/row-lookup";
import type { Owners } from "@millrace/store/owners";

/** How a thing's owner is found by the thing's id. */
export interface OwnerRule {
  /** The stream whose first event names the owner; undefined where the id is the owner. */
  readonly streamOf: (id: string) => string | undefined;
  readonly notFound: NamedProblem;
}

/** By the plural in the name of an action. */
export type OwnerRules = Readonly<Record<string, OwnerRule>>;

const READ = /^([a-z-]+):read$/;

/** Opens the routes of one thing to callers that may read only what is theirs. */
export function ownedRoutes(routes: readonly Route[], owners: Owners, rules: OwnerRules): Route[] {
  return routes.map((route): Route => {
    const family = READ.exec(route.access)?.[1] ?? "";
    const rule = Object.hasOwn(rules, family) ? rules[family] : undefined;
    if (!rule || !/\/:id(?:\/|$)/.test(route.path)) return route;
    return {
      ...route,
      knowsOwners: true,
      knowsGuests: true,
      // No detour for callers that may read everything.
      handle: (call) =>
        call.grant === "all" ? route.handle(call) : ofOwner(route, { call, owners, rule, family }),
    };
  });
}

async function ofOwner(
  route: Route,
  { call, owners, rule, family }: { call: Call; owners: Owners; rule: OwnerRule; family: string },
): Promise<Answer | Response> {
  const id = call.context.req.param("id") ?? "";
  const { role, subject, thing } = call.principal;
  if (role === "guest") {
    const isIt = thing?.family === family && thing.id === id;
    return isIt ? route.handle(call) : problem(rule.notFound);
  }
  const stream = rule.streamOf(id);
  const isTheirs =
    stream === undefined ? id === subject : canBeText(id) && (await owners.isOf(stream, subject));
  return isTheirs ? route.handle(call) : problem(rule.notFound);
}
