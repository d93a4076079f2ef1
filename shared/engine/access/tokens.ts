// Access tokens of one issuer: JWTs as RFC 9068 has them, checked as RFC 8725 asks. Must never let a token say how it is
// to be checked.
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Config } from "@millrace/platform/config";
import type { Known } from "./credential-cache.ts";
import type { Identified, Unproven } from "./gate.ts";
import { createKeySet, type KeySetOptions } from "./key-set.ts";
import { isRole, isSubject, type Role } from "./principal.ts";

export interface TokenOptions extends KeySetOptions {
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** What the header has to say in `typ`; without it anything, as of ID tokens. */
  readonly typ?: string | undefined;
  /** Dots between its parts. */
  readonly roleClaim: string;
}

export interface Tokens {
  /** @throws Failure `issuer_unavailable` */
  read(token: string): Promise<Known<Identified>>;
}

/** How long a token that was checked is believed without another look: so soon a key that its issuer drops is no more. */
const BELIEVED_MS = 60_000;
/** A wrong token stays wrong, but for a key that is new at the issuer, which is asked for at most every half minute. */
const REFUSED_MS = 5_000;
/** What clocks of two machines may differ by. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Longer ones are no access tokens; headers end at 16 kB anyway. */
const TOKEN_LENGTH_MAX = 8_192;

/** Undefined where the environment names no issuer. */
export function tokensOf(config: Config): Tokens | undefined {
  return tokensFor(config.MILLRACE_OIDC_AUDIENCE, config, config.MILLRACE_OIDC_TYP);
}

/** Undefined where the environment names no client for the console. */
export function idTokensOf(config: Config): Tokens | undefined {
  return tokensFor(config.MILLRACE_OIDC_CONSOLE_CLIENT, config);
}

function tokensFor(audience: string | undefined, config: Config, typ?: string): Tokens | undefined {
  const issuer = config.MILLRACE_OIDC_ISSUER;
  if (issuer === undefined || audience === undefined) return undefined;
  return createTokens({
    ...{ issuer, audience, typ },
    jwksUrl: config.MILLRACE_OIDC_JWKS_URL,
    algorithms: config.MILLRACE_OIDC_ALGORITHMS,
    roleClaim: config.MILLRACE_OIDC_ROLE_CLAIM,
  });
}

export function createTokens(options: TokenOptions): Tokens {
  const { issuer, audience, algorithms, typ, roleClaim, now = Date.now } = options;
  const keys = createKeySet(options);
  const checks = {
    issuer,
    audience,
    ...(typ !== undefined && { typ }),
    algorithms: [...algorithms],
    requiredClaims: ["sub", "exp"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  return {
    async read(token) {
      if (token.length > TOKEN_LENGTH_MAX) return refused(now, "it is too long");
      try {
        const { payload } = await jwtVerify(token, keys, { ...checks, currentDate: new Date(now()) });
        const { exp = 0 } = payload;
        const who = principalOf(payload, roleClaim);
        return "code" in who
          ? { who, until: now() + REFUSED_MS }
          : { who, until: Math.min(now() + BELIEVED_MS, exp * 1000) };
      } catch (error) {
        if (error instanceof errors.JOSEError) return refused(now, reasonOf(error));
        throw error;
      }
    },
  };
}

function principalOf(payload: JWTPayload, roleClaim: string): Identified {
  const { sub = "", scope, cnf } = payload;
  if (!isSubject(sub)) return invalid("its sub is not 1 to 128 characters of ASCII, without spaces");
  // RFC 9449: the holder of such a token has to prove that it is theirs, and nothing here asks for that proof.
  if (cnf !== undefined) return invalid("it is bound to a key (cnf), and no proof of that is taken here");
  const scopes = typeof scope === "string" ? scope.split(" ").filter(Boolean) : [];
  return { role: roleIn(payload, roleClaim), subject: sub, scopes, authn: "token" };
}

/** The first of the claim's words that is a role of ours. Whom the issuer knows and gives no role is a customer. */
function roleIn(payload: JWTPayload, claim: string): Role {
  let said: unknown = payload;
  for (const part of claim.split(".")) {
    const isThere = typeof said === "object" && said !== null && Object.hasOwn(said, part);
    said = isThere ? (said as Record<string, unknown>)[part] : undefined;
  }
  const words = Array.isArray(said) ? said : [said];
  return words.find(isRole) ?? "customer";
}

function refused(now: () => number, reason: string): Known<Identified> {
  return { who: invalid(reason), until: now() + REFUSED_MS };
}

function invalid(reason: string): Unproven {
  return { code: "credentials_invalid", detail: `The access token is not taken: ${reason}.` };
}

/** In words of ours: jose's hold what the token said. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its ${error.claim} is missing, or not what is expected here`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "it is signed by an algorithm that is not taken here";
  if (error instanceof errors.JWKSNoMatchingKey) return "its key is none of the issuer's";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  return "it is no JWT that can be read";
}
