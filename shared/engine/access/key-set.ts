// The issuer's public keys. Must never let an outage of the issuer refuse a token whose key is known, or a flood of
// tokens with unknown keys become a flood on the issuer.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { describe, Failure } from "@millrace/platform/failure";

/** How old the keys may be before they are asked for again, beside the work. */
const FRESH_MS = 600_000;
/** The least time between two requests to the issuer, whatever tokens say. */
const COOLDOWN_MS = 30_000;
const ANSWER_WITHIN_MS = 5_000;
/** A key set of hundreds of keys has some hundred kilobytes. */
const ANSWER_BYTES_MAX = 1_048_576;

export interface KeySetOptions {
  readonly issuer: string;
  /** Where the keys are; where it is undefined, the issuer's description says so. */
  readonly jwksUrl: string | undefined;
  readonly now?: () => number;
  readonly cooldownMs?: number;
}

/** @throws Failure `issuer_unavailable` for a key that is not known while the issuer does not answer */
export function createKeySet(options: KeySetOptions): JWTVerifyGetKey {
  const { now = Date.now, cooldownMs = COOLDOWN_MS } = options;
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;
  let trouble: unknown;

  const load = async () => {
    triedAt = now();
    try {
      keys = createLocalJWKSet(await fetchKeys(options));
      fetchedAt = now();
      trouble = undefined;
    } catch (error) {
      trouble = error;
    } finally {
      fetching = undefined;
    }
  };
  const refresh = () => {
    fetching ??= load();
    return fetching;
  };
  const mayAsk = () => now() - triedAt >= cooldownMs;

  return async (header, token) => {
    if (keys && now() - fetchedAt > FRESH_MS && mayAsk()) void refresh();
    const found = await keyIn(keys, header, token);
    if (found) return found;
    if (fetching || mayAsk()) await refresh();
    const fresh = await keyIn(keys, header, token);
    if (fresh) return fresh;
    if (trouble !== undefined) {
      throw new Failure("issuer_unavailable", `the keys of ${options.issuer}: ${describe(trouble)}`, true);
    }
    throw new errors.JWKSNoMatchingKey();
  };
}

type Arguments = Parameters<JWTVerifyGetKey>;

async function keyIn(
  keys: ReturnType<typeof createLocalJWKSet> | undefined,
  header: Arguments[0],
  token: Arguments[1],
): Promise<CryptoKey | undefined> {
  try {
    return (await keys?.(header, token)) as CryptoKey | undefined;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw error;
  }
}

async function fetchKeys({ issuer, jwksUrl }: KeySetOptions): Promise<JSONWebKeySet> {
  const url = jwksUrl ?? (await describedUrl(issuer));
  return (await fetchJson(url)) as JSONWebKeySet;
}

/** OpenID Connect Discovery 1.0; a description of another issuer is no description of this one. */
async function describedUrl(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const description = (await fetchJson(url)) as { issuer?: unknown; jwks_uri?: unknown };
  if (description.issuer !== issuer)
    throw new Error(`${url} describes the issuer ${String(description.issuer)}`);
  if (typeof description.jwks_uri !== "string") throw new Error(`${url} names no jwks_uri`);
  return description.jwks_uri;
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  if (text.length > ANSWER_BYTES_MAX) throw new Error(`${url} answered ${text.length} characters`);
  return JSON.parse(text);
}
