// Who may do what: the one table, and nothing that asks a clock, a database or a request. Must never say yes to what
// it does not know.
import type { Principal, Role } from "./principal.ts";

/**
 * - read: things, what they were and what happened to them
 * - summarize, follow: sums over all of them, and all of them as they change
 * - explain: why one is as it is, down to records and rows
 * - create, change: what those that own a thing may ask for
 * - advance, remove: what only those that run the shop decide
 * - share: to let a guest read one thing
 * - send: commands by their names; each of them is asked about by itself
 * - oversee, configure: what the shop tells other systems, and where
 * - inspect, operate: the console, its pages and its buttons
 */
const VERBS = [
  "read",
  "summarize",
  "follow",
  "explain",
  "create",
  "change",
  "advance",
  "remove",
  "share",
  "send",
  "oversee",
  "configure",
  "inspect",
  "operate",
] as const;
export type Verb = (typeof VERBS)[number];

/** `things:read`. What stands before the colon names a family of things, as scopes do. */
export type Action = `${string}:${Verb}`;

/** Who may use a route: those that the action is for, everybody, or the signer of the body, whose signature the route checks. */
export type RouteAccess = Action | "public" | "signature";

/** `scope`: as far as the principal's own scopes go. */
type Rule = "all" | "own" | "scope";

const TABLE: Readonly<Record<Role, Readonly<Partial<Record<Verb, Rule>>>>> = {
  customer: { read: "own", create: "own", change: "own", send: "own" },
  clerk: {
    read: "all",
    summarize: "all",
    follow: "all",
    explain: "all",
    create: "all",
    change: "all",
    advance: "all",
    remove: "all",
    share: "all",
    send: "all",
  },
  service: {
    read: "scope",
    summarize: "scope",
    follow: "scope",
    explain: "scope",
    create: "scope",
    change: "scope",
    advance: "scope",
    remove: "scope",
    share: "scope",
    send: "own",
    oversee: "scope",
    configure: "scope",
  },
  operator: {
    read: "all",
    summarize: "all",
    follow: "all",
    explain: "all",
    oversee: "all",
    configure: "all",
    inspect: "all",
    operate: "all",
  },
  auditor: { read: "all", summarize: "all", follow: "all", explain: "all", oversee: "all", inspect: "all" },
};

/** The scope of a family that covers the verb. */
const SCOPE_OF: Readonly<Partial<Record<Verb, "read" | "write">>> = {
  read: "read",
  summarize: "read",
  follow: "read",
  explain: "read",
  create: "write",
  change: "write",
  advance: "write",
  remove: "write",
  share: "write",
  oversee: "read",
  configure: "write",
};

/** `own`: only what belongs to the principal, for a guest the one thing. */
export type Grant = "all" | "own" | "none";

export function may({ role, scopes, thing }: Principal, action: Action): Grant {
  if (role === "anybody") return "all";
  const { family, verb } = partsOf(action);
  if (role === "guest") return verb === "read" && family === thing?.family ? "own" : "none";
  const rule = ruleOf(role, verb);
  if (rule !== "scope") return rule ?? "none";
  return scopes.includes(`${family}:${SCOPE_OF[verb]}`) ? "all" : "none";
}

/** Scopes and roles come from outside, and a table has more members than its own. */
function ruleOf(role: Role, verb: Verb): Rule | undefined {
  const rules = Object.hasOwn(TABLE, role) ? TABLE[role] : {};
  return Object.hasOwn(rules, verb) ? rules[verb] : undefined;
}

function partsOf(action: Action): { family: string; verb: Verb } {
  const colon = action.lastIndexOf(":");
  return { family: action.slice(0, colon), verb: action.slice(colon + 1) as Verb };
}

/** Whether what X-Actor says is kept beside the principal, as whom it acted for. */
export function mayActForOthers({ role, scopes }: Principal): boolean {
  return role === "clerk" || (role === "service" && scopes.includes("act-as"));
}

/** A scope that some action asks for. */
export function isScope(text: string): boolean {
  return text === "act-as" || /^[a-z][a-z-]*:(?:read|write)$/.test(text);
}

/** Whether a route states who may use it. Types say so already; what is written without them is found at the start. */
export function isRouteAccess(access: unknown): access is RouteAccess {
  if (access === "public" || access === "signature") return true;
  return (
    typeof access === "string" && /^[a-z-]+:/.test(access) && VERBS.includes(partsOf(access as Action).verb)
  );
}
