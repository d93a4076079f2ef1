// What is another's is as if it were not there, by whatever route it is asked for. Must never wait, read or say anything
// of it before.
import { type NamedProblem, problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { canBeText } from "@millrace/read-models/row-lookup";
import type { Owners } from "@millrace/store/owners";

/** How the owner of a thing is known by its id. */
export interface OwnerRule {
  /** The stream that says so in its first event; undefined where the id itself is its owner. */
  readonly streamOf: (id: string) => string | undefined;
  readonly notFound: NamedProblem;
}

/** By the plural that actions name. */
export type OwnerRules = Readonly<Record<string, OwnerRule>>;

const READ = /^([a-z-]+):read$/;

/** The routes of one thing each, so that those that may have only their own may use them as well. */
export function ownedRoutes(routes: readonly Route[], owners: Owners, rules: OwnerRules): Route[] {
  return routes.map((route): Route => {
    const family = READ.exec(route.access)?.[1] ?? "";
    const rule = Object.hasOwn(rules, family) ? rules[family] : undefined;
    if (!rule || !/\/:id(?:\/|$)/.test(route.path)) return route;
    return {
      ...route,
      knowsOwners: true,
      knowsGuests: true,
      // Straight through for those that may see all: they are not to pay for the others.
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
