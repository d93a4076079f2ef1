import type { Mutant } from "./mutant.ts";

const TEST = { test: "shared/engine/console/sign-in.int.test.ts" };
const ISSUER = {
  file: "shared/engine/console/issuer-sign-in.ts",
  test: "shared/engine/console/issuer-sign-in.int.test.ts",
};
const SESSIONS = { ...TEST, file: "shared/engine/access/sessions.ts" };

export const signInMutants: readonly Mutant[] = [
  {
    ...SESSIONS,
    name: "a session outlives its key",
    from: "and (session.key_id is null or key.id is not null)",
    to: "and (session.key_id is null or session.key_id is not null)",
    killedBy: "ends with its key, and with every other session of it",
  },
  {
    ...SESSIONS,
    name: "a session never idles out",
    from: "and session.seen_at > now() - make_interval(hours",
    to: "and session.seen_at > now() - make_interval(weeks",
    killedBy: "ends after two hours without use",
  },
  {
    ...SESSIONS,
    name: "a session goes on for as long as it is used",
    from: "where session.expires_at > now()",
    to: "where session.expires_at is not null",
    killedBy: "ends after twelve hours, however much it is used",
  },
  {
    ...SESSIONS,
    name: "signing out has the browser forget, and Postgres not",
    from: "delete from console_sessions where hash",
    to: "select from console_sessions where hash",
    killedBy: "ends at once where it is signed out of, at every console, and nobody goes on with its cookie",
  },
  {
    ...SESSIONS,
    name: "one principal has sessions without end",
    from: "order by started_at desc offset",
    to: "order by started_at desc offset 1000 +",
    killedBy: "gives way where its principal has begun twenty later ones",
  },
  {
    ...TEST,
    name: "a right key is refused once others have guessed wrong",
    file: "shared/engine/console/key-sign-in.ts",
    from: "if (!found || !keyId) {",
    to: "if ((await guesses.take(address)) !== undefined || !found || !keyId) {",
    killedBy:
      "is never refused because others guessed wrong, from the same address even; who guesses is slowed",
  },
  {
    ...TEST,
    name: "a page that is open stays so when its session has ended",
    file: "shared/engine/console/live.ts",
    from: "(mayGoOn) => mayGoOn || stream.close()",
    to: "(mayGoOn) => mayGoOn",
    killedBy: "ends its open pages as well",
  },
  {
    ...TEST,
    name: "a cookie makes a wrong header good",
    file: "shared/engine/console/access.ts",
    from: 'const secret = headers.has("authorization") ? undefined : cookie.secretIn(headers);',
    to: "const secret = cookie.secretIn(headers);",
    killedBy: "a header that is wrong is not made good by a cookie",
  },
  {
    ...TEST,
    name: "an auditor may act",
    file: "shared/engine/console/routes.ts",
    from: 'access: "console:operate"',
    to: 'access: "console:inspect"',
    killedBy: "an auditor sees, and changes nothing; the refusal is in the trail",
  },
  {
    name: "the trail says nothing of new prices",
    file: "shared/shop/order/price-list.ts",
    from: 'await recordAct(tx, by, { name: "shop.prices.set"',
    to: 'void ({ name: "shop.prices.set"',
    test: "shared/shop/order/ops-prices.int.test.ts",
    killedBy: "prices are set, changed, imported, listed and removed",
  },
  {
    name: "the trail keeps an app's settings once",
    file: "shared/engine/trail/settings.ts",
    from: "if (last && isDeepStrictEqual",
    to: "if (last || isDeepStrictEqual",
    test: "shared/engine/trail/settings.int.test.ts",
    killedBy: "an app's settings are kept when they change, and not at each of its starts",
  },
  {
    ...ISSUER,
    name: "an ID token is taken without its signature",
    from: "const { who } = await idTokens.read(given.idToken);",
    to: 'const { role: said } = JSON.parse(atob(given.idToken.split(".")[1])); const who = { role: said, subject: "x", scopes: [] };',
    killedBy: "whose role somebody has changed",
  },
  {
    ...ISSUER,
    name: "what the issuer answers is taken with any state",
    from: 'expectedState: partOf(secret, "state")',
    to: "expectedState: oidc.skipStateCheck",
    killedBy: "an answer is taken once, by the browser that began, and with its own state",
  },
  {
    name: "one session's form is every session's",
    file: "shared/engine/console/forms.ts",
    from: 'createHmac("sha256", session ?? key)',
    to: 'createHmac("sha256", session === "" ? "" : key)',
    test: "shared/engine/console/access.test.ts",
    killedBy: "of one session is none of another's, whichever console has shown it",
  },
  {
    name: "refusals are written beside each other, on all connections",
    file: "shared/engine/trail/sample.ts",
    from: "last = last.then(() => write(doer, noted));",
    to: "last = write(doer, noted);",
    test: "shared/engine/trail/sample.int.test.ts",
    killedBy:
      "a flood of refusals while somebody holds the trail leaves callers their connections, and forty entries",
  },
  {
    name: "what the APIs refuse is in no trail",
    file: "shared/engine/access/create-gate.ts",
    from: "onRefused: refusalsIn(refusals)",
    to: "onRefused: () => void refusalsIn(refusals)",
    test: "apps/system-tests/console/access.int.test.ts",
    killedBy: "says whom the command-api refused, and what for",
  },
  {
    name: "an app keeps nothing of its settings",
    file: "apps/relay/main.ts",
    from: 'void recordSettings({ sql, log }, { app: "relay", config });',
    to: "void recordSettings;",
    test: "apps/system-tests/console/access.int.test.ts",
    killedBy: "says what each was told at its start, by its own login",
  },
  {
    name: "a shop's own variables are kept with what they hold",
    file: "shared/engine/platform/config.ts",
    from: "const named = Object.keys(shopVariables).sort();",
    to: "const named = Object.entries(shopVariables).sort().flat();",
    test: "shared/engine/platform/config.test.ts",
    killedBy:
      "of the settings that are kept with an app's start none is a secret, and none is left out that was set",
  },
  {
    name: "strangers fill the trail, and crowd out those that are known",
    file: "shared/engine/trail/sample.ts",
    from: 'doer.authn === "none" ? ofStrangers : ofKnown',
    to: 'doer.authn === "none" ? ofStrangers : ofStrangers',
    test: "shared/engine/trail/sample.test.ts",
    killedBy: "strangers without number leave twenty a minute, and keep nobody out who is known",
  },
];
