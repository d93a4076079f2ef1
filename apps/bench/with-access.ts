// A second Millrace that requires access, measured in turn with the open one: the difference is what checking callers costs.
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Bench } from "./question.ts";
import { withBench } from "./stack.ts";

/** What a caller brings: an API key, or an access token of an issuer. */
export const CREDENTIALS = ["key", "jwt"] as const;
export type Credential = (typeof CREDENTIALS)[number];

export type Secured = ReadonlyMap<Credential, Bench>;

const ALGORITHM = "ES256";
const AUDIENCE = "bench";
const SCOPES = "orders:read orders:write";

/** No rate limits: callers are to be checked as often as they ask, and never refused. */
const BOUNDLESS = { MILLRACE_RATE_SERVICE: "0", MILLRACE_RATE_STRANGERS: "0" };

/** Runs with a bench for each credential, all on a second stack that requires access. Without credentials it starts none. */
export async function withAccess<Result>(
  credentials: readonly Credential[],
  { seconds, say }: Pick<Bench, "seconds" | "say">,
  run: (secured: Secured) => Promise<Result>,
): Promise<Result> {
  if (credentials.length === 0) return run(new Map());
  const issuer = await startIssuer();
  const environment = { ...BOUNDLESS, MILLRACE_AUTH: "required", ...issuer.environment };
  const asWhom = (bench: Bench) => {
    const bearers = { key: bench.stack.keys.get("service") ?? "", jwt: issuer.token };
    return new Map(
      credentials.map((credential) => {
        const headers = { authorization: `Bearer ${bearers[credential]}` };
        return [credential, { ...bench, stack: { ...bench.stack, headers } }];
      }),
    );
  };
  try {
    return await withBench("access", { seconds, say }, (bench) => run(asWhom(bench)), environment);
  } finally {
    await issuer.stop();
  }
}

/** One with one key, for as long as the benchmark runs. */
async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const keys = [{ ...(await exportJWK(publicKey)), kid: "bench", alg: ALGORITHM, use: "sig" }];
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ keys }) });
  const issuer = server.url.origin;
  const token = await new SignJWT({ role: "service", scope: SCOPES })
    .setProtectedHeader({ alg: ALGORITHM, kid: "bench", typ: "at+jwt" })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject("bench")
    .setExpirationTime("1 day")
    .sign(privateKey);
  return {
    token,
    environment: {
      MILLRACE_OIDC_ISSUER: issuer,
      MILLRACE_OIDC_AUDIENCE: AUDIENCE,
      MILLRACE_OIDC_JWKS_URL: `${issuer}/keys`,
    },
    stop: () => server.stop(true),
  };
}
