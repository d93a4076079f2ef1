// Access tokens of a real OpenID Connect provider, and what is no token of its: each forged with the provider's own keys
// where that is the stronger forgery.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import Provider from "oidc-provider";
import { createTokens, type Tokens } from "./tokens.ts";

const AUDIENCE = "urn:shop";
const TOKEN_SECONDS = 600;

interface Keys {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

let issuer: string;
let keys: Keys;
let provider: Server | undefined;
/** The issuer's address stays while the provider behind it is another, with other keys. */
const front = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: passOn });
let isAway = false;

beforeAll(async () => {
  issuer = `http://127.0.0.1:${front.port}`;
  keys = await makeKeys("first");
  await startProvider();
});
afterAll(async () => {
  await front.stop(true);
  provider?.close();
});

async function makeKeys(kid: string): Promise<Keys> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { jwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" }, privateKey };
}

async function startProvider(): Promise<void> {
  provider?.close();
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: "till-3",
        client_secret: "a secret of the till",
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          ...{ audience: resource, scope: "things:write", accessTokenTTL: TOKEN_SECONDS },
          ...{ accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } },
        }),
      },
    },
    extraTokenClaims: () => ({ role: "service" }),
    jwks: { keys: [keys.jwk as never] },
  });
  made.proxy = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  provider = createServer(made.callback()).listen(0, "127.0.0.1", resolve);
  await promise;
}

async function passOn(request: Request): Promise<Response> {
  const address = provider?.address();
  if (isAway || address === null || typeof address !== "object") return new Response("away", { status: 503 });
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-proto", "http");
  headers.set("accept-encoding", "identity");
  const body = request.method === "POST" ? { body: await request.text() } : {};
  return fetch(`http://127.0.0.1:${address.port}${pathname}${search}`, {
    ...{ method: request.method, headers, ...body },
  });
}

/** As a program gets one. */
async function issued(resource = AUDIENCE): Promise<string> {
  const wish = {
    ...{ grant_type: "client_credentials", client_id: "till-3", client_secret: "a secret of the till" },
    ...{ scope: "things:write", resource },
  };
  const answer = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(wish) });
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

function readers(now: () => number = Date.now): Tokens {
  return createTokens({
    ...{ issuer, audience: AUDIENCE, jwksUrl: undefined, algorithms: ["RS256"], typ: "at+jwt" },
    ...{ roleClaim: "role", now, cooldownMs: 0 },
  });
}

async function saidOf(token: string, tokens = readers()): Promise<unknown> {
  const { who } = await tokens.read(token);
  return "code" in who ? who.detail : who;
}

const TILL = { role: "service", subject: "till-3", scopes: ["things:write"], authn: "token" };

test("a token that the provider issues for us says which program it is, and what it may", async () => {
  expect(await saidOf(await issued())).toEqual(TILL);
});

// Seen to fail without the audience among the checks.
test("a token that it issued for another audience, or that has expired, is not taken", async () => {
  expect(await saidOf(await issued("urn:other"))).toContain("its aud is missing, or not what is expected");
  const later = () => Date.now() + (TOKEN_SECONDS + 60) * 1000;
  expect(await saidOf(await issued(), readers(later))).toContain("it has expired");
});

// Seen to fail without the algorithms among the checks.
test("what is not signed, or by its own key with another algorithm, is not taken", async () => {
  const token = await issued();
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  const unsigned = new UnsecuredJWT(claims).encode();
  expect(await saidOf(unsigned)).toStartWith("The access token is not taken: ");
  const header = { kid: "first", typ: "at+jwt" };
  const byPss = await new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: "PS256" })
    .sign({ ...keys.jwk, alg: "PS256" });
  expect(await saidOf(byPss)).toContain("signed by an algorithm that is not taken here");
  const bySecret = await new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: "HS256" })
    .sign(new TextEncoder().encode(JSON.stringify(keys.jwk)));
  expect(await saidOf(bySecret)).toContain("signed by an algorithm that is not taken here");
  // The same claims by the same key are: it was the algorithm.
  const again = await new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: "RS256" })
    .sign(keys.privateKey);
  expect(await saidOf(again)).toEqual(TILL);
});

// Seen to fail with the first key set kept for ever.
test("keys that the provider has changed are taken from then on; while it is away only known ones are", async () => {
  const tokens = readers();
  const first = await issued();
  expect(await saidOf(first, tokens)).toEqual(TILL);
  keys = await makeKeys("second");
  await startProvider();
  expect(await saidOf(await issued(), tokens)).toEqual(TILL);
  expect(await saidOf(first, tokens)).toContain("its key is none of the issuer's");
  const second = await issued();
  isAway = true;
  try {
    expect(await saidOf(second, tokens)).toEqual(TILL);
    await expect(tokens.read(first)).rejects.toMatchObject({ code: "issuer_unavailable" });
  } finally {
    isAway = false;
  }
});
