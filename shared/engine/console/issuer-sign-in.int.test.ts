// Signing in at a real OpenID Connect provider, with a browser's cookies; and what of its answers is not taken, each
// forged on its way as somebody could who stands between, with the provider's own keys where that is the stronger forgery.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import Provider from "oidc-provider";
import { createSessions, type Sessions } from "@millrace/access/sessions";
import { createTokens } from "@millrace/access/tokens";
import { Failure } from "@millrace/platform/failure";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import { type IssuerSignIn, issuerSignIn } from "./issuer-sign-in.ts";

const CLIENT = "millrace-console";
const CONSOLE = new URL("http://localhost:8080");

let database: { readonly url: string; drop(): Promise<void> };
let sql: Sql;
let sessions: Sessions;
let issuer: string;
let provider: Server | undefined;
let front: ReturnType<typeof Bun.serve>;
/** What becomes of an ID token on its way. */
let forge: (token: string) => Promise<string> | string;
let isAway = false;
let keys: { jwk: JWK; privateKey: CryptoKey };

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  sql = connectPostgres({ url: database.url, name: "issuer-test", connectionsMax: 4 }).sql;
  sessions = createSessions(sql);
  // The issuer's address stays while the provider behind it is another, with other keys.
  front = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: passOn });
  issuer = `http://127.0.0.1:${front.port}`;
  keys = await makeKeys("first");
  await startProvider();
}, 60_000);

afterAll(async () => {
  await front?.stop(true);
  provider?.close();
  await sql?.end();
  await database?.drop();
});

beforeEach(() => {
  forge = (token) => token;
  isAway = false;
});

async function makeKeys(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  void publicKey;
  return { jwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" }, privateKey };
}

async function startProvider(): Promise<void> {
  provider?.close();
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        redirect_uris: [`${CONSOLE.origin}/sign-in/callback`],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub", "role"] },
    conformIdTokenClaims: false,
    jwks: { keys: [keys.jwk as never] },
    pkce: { required: () => true },
    cookies: { keys: ["test"] },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, role: sub.split("-")[0] }),
    }),
  });
  made.proxy = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  provider = createServer(made.callback()).listen(0, "127.0.0.1", resolve);
  await promise;
}

async function passOn(request: Request): Promise<Response> {
  if (isAway) return new Response("away", { status: 503 });
  const address = provider?.address();
  if (address === null || typeof address !== "object") throw new Error("the provider has no port");
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-proto", "http");
  headers.set("accept-encoding", "identity");
  const body = request.method === "POST" ? await request.text() : undefined;
  const answer = await fetch(`http://127.0.0.1:${address.port}${pathname}${search}`, {
    method: request.method,
    headers,
    redirect: "manual",
    ...(body !== undefined && { body }),
  });
  if (pathname !== "/token" || !answer.ok) return answer;
  const tokens = (await answer.json()) as { id_token: string };
  return Response.json({ ...tokens, id_token: await forge(tokens.id_token) });
}

function signInWith(refused: string[] = []): IssuerSignIn {
  const shared = { issuer, jwksUrl: undefined, algorithms: ["RS256"], roleClaim: "role", cooldownMs: 0 };
  return issuerSignIn({
    issuer,
    clientId: CLIENT,
    clientSecret: undefined,
    scope: "openid",
    consoleUrl: CONSOLE,
    idTokens: createTokens({ ...shared, audience: CLIENT }),
    sessions,
    refusals: {
      note: async (_by, { details }) => void refused.push(String(details?.reason ?? details?.role)),
    },
  });
}

/** What a browser does there: signs in, agrees, and comes back. Answers the query that it brings. */
async function atIssuer(location: string, account: string): Promise<string> {
  const jar = new Map<string, string>();
  let url = new URL(location);
  let form: Record<string, string> | undefined;
  for (let hops = 0; hops < 12; hops++) {
    if (url.origin === CONSOLE.origin) return url.search;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
      jar.set(name, value);
    }
    const to = answer.headers.get("location");
    if (to !== null) {
      url = new URL(to, url);
      form = undefined;
      continue;
    }
    const page = await answer.text();
    const action = /action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined)
      throw new Error(`${url} answered ${answer.status}: ${page}`);
    url = new URL(action, url);
    form = prompt === "login" ? { prompt, login: account, password: "any" } : { prompt };
  }
  throw new Error("the provider sends the browser around");
}

async function enter(account: string, way = signInWith()) {
  const { location, flow } = await way.begin("/lag");
  const search = await atIssuer(location, account);
  return way.finish({ search, flow, origin: "192.0.2.1" });
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
const signed = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: keys.jwk.kid ?? "" }).sign(keys.privateKey);

test("who the issuer knows as an operator is signed in as that, and goes on to where they wanted", async () => {
  const outcome = await enter("operator-ann");
  expect(outcome).toMatchObject({ is: "signed in", next: "/lag" });
  const principal = outcome.is === "signed in" ? await sessions.find(outcome.secret) : undefined;
  expect(principal).toEqual({ role: "operator", subject: "operator-ann", scopes: [], authn: "token" });
}, 30_000);

test("who has no role for the console is refused by name", async () => {
  expect(await enter("clerk-carl")).toEqual({ is: "wrong role", role: "clerk" });
}, 30_000);

test("keys that the issuer has changed are taken from then on, and the former ones no more", async () => {
  const way = signInWith();
  const former = keys;
  expect((await enter("operator-ann", way)).is).toBe("signed in");
  keys = await makeKeys("second");
  await startProvider();
  expect((await enter("operator-ann", way)).is).toBe("signed in");
  forge = (token) =>
    new SignJWT(claimsOf(token)).setProtectedHeader({ alg: "RS256", kid: "first" }).sign(former.privateKey);
  expect((await enter("operator-ann", signInWith())).is).toBe("not taken");
}, 30_000);

describe("an ID token is not taken", () => {
  const hmac = new TextEncoder().encode("a-secret-that-both-sides-might-know");
  test.each<[string, (token: string) => Promise<string> | string]>([
    ["that has expired", (token) => signed({ ...claimsOf(token), exp: Math.floor(Date.now() / 1000) - 60 })],
    ["for another audience", (token) => signed({ ...claimsOf(token), aud: "another" })],
    ["of another issuer", (token) => signed({ ...claimsOf(token), iss: "https://evil.example" })],
    ["for another sign-in", (token) => signed({ ...claimsOf(token), nonce: "another" })],
    ["with alg: none", (token) => new UnsecuredJWT(claimsOf(token)).encode()],
    [
      "signed by a shared secret",
      (token) => new SignJWT(claimsOf(token)).setProtectedHeader({ alg: "HS256" }).sign(hmac),
    ],
    [
      "signed by an algorithm that is not among those that are taken",
      (token) =>
        new SignJWT(claimsOf(token))
          .setProtectedHeader({ alg: "PS256", kid: keys.jwk.kid ?? "" })
          .sign({ ...keys.jwk, alg: "PS256" }),
    ],
    [
      "whose role somebody has changed",
      (token) => {
        const [header, , signature] = token.split(".");
        const claims = { ...claimsOf(token), role: "operator" };
        return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
      },
    ],
  ])(
    "%s",
    async (_what, forged) => {
      const refused: string[] = [];
      const before = await sql`select from console_sessions`;
      forge = forged;
      expect(await enter("auditor-eve", signInWith(refused))).toEqual({ is: "not taken", next: "/lag" });
      expect(refused).toHaveLength(1);
      expect((await sql`select from console_sessions`).length).toBe(before.length);
    },
    30_000,
  );
});

test("an answer is taken once, by the browser that began, and with its own state", async () => {
  const way = signInWith();
  const begun = await way.begin("/lag");
  const search = await atIssuer(begun.location, "operator-ann");
  const finish = (flow: string | undefined, query = search) =>
    way.finish({ search: query, flow, origin: "" });
  expect((await finish(undefined)).is).toBe("not taken");
  expect((await finish((await way.begin("/")).flow)).is).toBe("not taken");
  expect((await finish(begun.flow, search.replace(/state=[^&]*/, "state=x"))).is).toBe("not taken");
  expect((await finish(begun.flow)).is).toBe("signed in");
  expect((await finish(begun.flow)).is).toBe("not taken");
}, 30_000);

test("who says no there is not signed in", async () => {
  const way = signInWith();
  const { location, flow } = await way.begin("/lag");
  const state = new URL(location).searchParams.get("state") ?? "";
  const search = `?${new URLSearchParams({ error: "access_denied", state, iss: issuer })}`;
  expect((await way.finish({ search, flow, origin: "" })).is).toBe("not taken");
});

test("while the issuer is away nobody is let in, and it is said to pass; then it works by itself", async () => {
  const fresh = signInWith();
  isAway = true;
  const failure = await fresh.begin("/").catch((error) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({ code: "issuer_unavailable", retryable: true });
  isAway = false;
  const { location, flow } = await fresh.begin("/lag");
  const search = await atIssuer(location, "operator-ann");
  isAway = true;
  const later = await fresh.finish({ search, flow, origin: "" }).catch((error) => error);
  expect(later).toMatchObject({ code: "issuer_unavailable" });
  isAway = false;
  expect((await fresh.finish({ search, flow, origin: "" })).is).toBe("signed in");
}, 30_000);
