import { expect, test } from "bun:test";
import { type Action, isRouteAccess, isScope, may, mayActForOthers, type Verb } from "./may.ts";
import { ANYBODY, actorOf, isSubject, keySpaceOf, type Principal, ROLES } from "./principal.ts";

const as = (role: Principal["role"], ...scopes: string[]): Principal => ({ role, subject: "s", scopes });

/** The contract in letters: all, own, or none, in the order of the verbs. */
const verbs: Verb[] = [
  "read",
  "summarize",
  "follow",
  "explain",
  "create",
  "change",
  "advance",
  "remove",
  "send",
  "oversee",
  "configure",
  "inspect",
  "operate",
];
const table = {
  customer: "o---oo--o----",
  clerk: "aaaaaaaaa----",
  service: "--------o----",
  operator: "aaaa-----aaaa",
  auditor: "aaaa-----a-a-",
};

test.each(ROLES)("what a %s may do, and no verb more", (role) => {
  const granted = verbs.map((verb) => ({ all: "a", own: "o", none: "-" })[may(as(role), `things:${verb}`)]);
  expect(granted.join("")).toBe(table[role]);
});

test("a service may do what its scopes cover, of their own family only", () => {
  const till = as("service", "things:write");
  for (const verb of ["create", "change", "advance", "remove", "configure"] as const) {
    expect(may(till, `things:${verb}`)).toBe("all");
    expect(may(till, `notes:${verb}`)).toBe("none");
  }
  expect(may(till, "things:read")).toBe("none");
  expect(may(as("service", "things:read"), "things:explain")).toBe("all");
});

test("scopes give nothing to other roles, and none gives the console", () => {
  expect(may(as("customer", "things:write", "things:read"), "things:advance")).toBe("none");
  expect(may(as("customer", "things:read"), "things:read")).toBe("own");
  expect(may(as("service", "console:operate", "console:write"), "console:operate")).toBe("none");
});

test("a role or a verb that nobody knows may do nothing", () => {
  for (const role of ["", "admin", "constructor", "__proto__", "toString"]) {
    expect(may(as(role as Principal["role"]), "things:read")).toBe("none");
  }
  expect(may(as("clerk"), "things:constructor" as Action)).toBe("none");
  expect(may(as("clerk"), "things" as Action)).toBe("none");
});

test("while access is open anybody may do everything", () => {
  expect(verbs.map((verb) => may(ANYBODY, `things:${verb}`))).toEqual(verbs.map(() => "all"));
});

test("only clerks, and services that were told so, act for others", () => {
  expect(ROLES.filter((role) => mayActForOthers(as(role)))).toEqual(["clerk"]);
  expect(mayActForOthers(as("service", "act-as"))).toBe(true);
  expect(mayActForOthers(as("customer", "act-as"))).toBe(false);
});

test("a route's access is public, or an action of a verb that there is", () => {
  expect(["public", "signature", "things:read"].filter(isRouteAccess)).toHaveLength(3);
  expect(
    [undefined, "", "things", "things:", ":read", "things:reads", "private"].filter(isRouteAccess),
  ).toEqual([]);
});

test("scopes are a family's read or write, or act-as", () => {
  expect(["things:read", "things:write", "act-as"].filter(isScope)).toHaveLength(3);
  expect(["things", "things:advance", "*", "things:*", ""].filter(isScope)).toEqual([]);
});

test("two principals never share a name or a space of keys", () => {
  const slashed = { ...as("customer"), subject: "a/b" };
  expect(keySpaceOf(slashed)).toBe("customer%3Aa%2Fb/");
  expect(actorOf({ ...as("clerk"), subject: "customer:a" })).toBe("clerk:customer:a");
  expect(keySpaceOf(ANYBODY)).toBe("");
});

test("a subject stands in headers and logs as it is", () => {
  expect(["auth0|5f", "a".repeat(128)].filter(isSubject)).toHaveLength(2);
  expect(["", "a b", "a\n", "é", "a".repeat(129)].filter(isSubject)).toEqual([]);
});
