import type { Mutant } from "./mutant.ts";

const ORIGIN_CHECK = {
  file: "shared/platform/origin-check.ts",
  test: "shared/platform/origin-check.test.ts",
} as const;

export const edgeMutants: readonly Mutant[] = [
  {
    ...ORIGIN_CHECK,
    name: "a name that a page has pointed here is answered",
    from: "return isOwnName(address.name) ? undefined : notUnderThisName;",
    to: "return isOwnName(address.name) ? undefined : undefined;",
    killedBy: "the last good one is remembered, not the last",
  },
  {
    ...ORIGIN_CHECK,
    name: "any name is answered off loopback",
    from: `|| !name.includes("."))`,
    to: `|| name !== "")`,
    killedBy: "attacker.example is a name that a page may have pointed here, so it gets nothing anywhere",
  },
  {
    ...ORIGIN_CHECK,
    name: "pages of other sites may embed what they can't read",
    from: `headers.get("sec-fetch-site") === "cross-site"`,
    to: `headers.get("sec-fetch-site") === "never"`,
    killedBy: "what another site's page embeds says no origin and is refused, a link to us is followed",
  },
  {
    name: "no route asks under which name it was reached",
    file: "shared/http/server.ts",
    from: "const verdict = frame.originCheck.look(identified.request.headers);",
    to: "const verdict = frame.originCheck.look(new Headers());",
    test: "shared/http/server.test.ts",
    killedBy: "403: a name that a page has pointed here gets nothing, on any path",
  },
  {
    name: "probes are served under any name",
    file: "shared/platform/probes.ts",
    from: "const verdict = probes.originCheck.look(request.headers);",
    to: "const verdict = probes.originCheck.look(new Headers());",
    test: "shared/platform/probes.test.ts",
    killedBy: "a name or a page of somebody else gets a problem document instead",
  },
  {
    name: "a request without a Host finds no route",
    file: "shared/http/server.ts",
    from: `request.url.startsWith("/") ?`,
    to: `request.url.startsWith("never") ?`,
    test: "shared/http/listen.test.ts",
    killedBy: "200: by HTTP/1.0 without a Host, as balancers' checks ask, with queries, bodies and HEAD",
  },
  {
    name: "the sign-in leads to where dots end in two slashes",
    file: "apps/console/sign-in.tsx",
    from: ` && !url.pathname.startsWith("//") ?`,
    to: " ?",
    test: "apps/console/access.test.ts",
    killedBy: 'never leads to another site: "/..//evil.example"',
  },
  {
    name: "every currency has two decimals",
    file: "shared/domain/money.ts",
    from: "const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;",
    to: "const decimals = format.resolvedOptions() ? 2 : 2;",
    test: "apps/command-api/dialects/words.test.ts",
    killedBy: "in JPY: 500 is 500 of its smallest unit, and 500.5 is refused where it stands",
  },
  {
    name: "a store takes another currency than its own",
    file: "shared/event-store/currency.ts",
    from: "if (kept.currency !== currency) {",
    to: "if (kept.currency === undefined) {",
    test: "shared/event-store/currency.int.test.ts",
    killedBy: "a store keeps to its first currency, and a refusal names both",
  },
  {
    name: "the simulated gateway is taken for granted anywhere",
    file: "apps/payments/choose-gateway.ts",
    from: `if (isLoopback(HOST)) return "simulated";`,
    to: `if (HOST !== "") return "simulated";`,
    test: "apps/payments/choose-gateway.test.ts",
    killedBy: "off loopback no gateway is taken for granted, and the refusal says what to set",
  },
];
