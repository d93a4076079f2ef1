// Signing in at the issuer of access tokens: OpenID Connect's authorization code with PKCE. Must never take an answer that
// another browser has asked for, or an ID token whose signature, audience or time is wrong.
import { createHmac, randomBytes } from "node:crypto";
import * as oidc from "openid-client";
import { isUnproven } from "@millrace/access/gate";
import { may } from "@millrace/access/may";
import { actorOf, type Role } from "@millrace/access/principal";
import type { Sessions } from "@millrace/access/sessions";
import type { Tokens } from "@millrace/access/tokens";
import { describe, Failure } from "@millrace/platform/failure";
import { isLoopback } from "@millrace/platform/origin-check";
import type { Sample } from "@millrace/trail/sample";
import { ownPath } from "./own-path.ts";

export type IssuerOutcome =
  | { readonly is: "signed in"; readonly secret: string; readonly next: string }
  | { readonly is: "not taken"; readonly next: string }
  | { readonly is: "wrong role"; readonly role: Role };

export interface IssuerSignIn {
  /** Answers where the browser goes, and the flow that it brings back from there. @throws Failure `issuer_unavailable` */
  begin(next: string): Promise<{ readonly location: string; readonly flow: string }>;
  /** `flow` as the browser that has begun it brings it back. @throws Failure `issuer_unavailable` */
  finish(asked: { search: string; flow: string | undefined; origin: string }): Promise<IssuerOutcome>;
}

export interface IssuerOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  /** As browsers reach it. */
  readonly consoleUrl: URL;
  /** Reads ID tokens of this client. */
  readonly idTokens: Tokens;
  readonly sessions: Sessions;
  readonly refusals: Sample;
}

export const CALLBACK = "/sign-in/callback";
const ANSWER_WITHIN_SECONDS = 5;

export function issuerSignIn(options: IssuerOptions): IssuerSignIn {
  const { consoleUrl, scope, sessions, refusals, idTokens } = options;
  const redirectUri = new URL(CALLBACK, consoleUrl);
  const configurationOf = discoverer(options);

  return {
    async begin(next) {
      const secret = randomBytes(32).toString("base64url");
      const configuration = await configurationOf();
      const location = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri.href,
        scope,
        state: partOf(secret, "state"),
        nonce: partOf(secret, "nonce"),
        code_challenge: await oidc.calculatePKCECodeChallenge(partOf(secret, "verifier")),
        code_challenge_method: "S256",
      });
      return { location: location.href, flow: `${secret}.${Buffer.from(next).toString("base64url")}` };
    },
    async finish({ search, flow, origin }) {
      const [secret = "", encoded = ""] = (flow ?? "").split(".");
      const next = ownPath(Buffer.from(encoded, "base64url").toString());
      const refused = (reason: string): IssuerOutcome => {
        const nobody = { actor: "unknown", authn: "none", origin } as const;
        void refusals.note(nobody, {
          name: "session.refuse",
          target: "console",
          details: { by: "issuer", reason },
        });
        return { is: "not taken", next };
      };
      if (secret.length !== 43) return refused("not begun in this browser");
      const given = await grant(await configurationOf(), new URL(`${redirectUri.href}${search}`), secret);
      if (typeof given === "string") return refused(given);
      const { who } = await idTokens.read(given.idToken);
      if (isUnproven(who)) return refused(who.detail ?? who.code);
      const { role, subject } = who;
      if (role === "anybody" || role === "guest") throw new Error("tokens are somebody's");
      if (may(who, "console:inspect") !== "all") {
        const somebody = { actor: actorOf(who), authn: "token", origin } as const;
        void refusals.note(somebody, {
          name: "session.refuse",
          target: "console",
          details: { by: "issuer", role },
        });
        return { is: "wrong role", role };
      }
      return { is: "signed in", secret: await sessions.start({ role, subject, origin }), next };
    },
  };
}

/** The issuer's own description, asked for when it is first needed and kept from then on. */
function discoverer({ issuer, clientId, clientSecret }: IssuerOptions): () => Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const isHere = url.protocol === "http:" && isLoopback(url.hostname);
  let known: Promise<oidc.Configuration> | undefined;
  return async () => {
    known ??= oidc.discovery(
      url,
      clientId,
      undefined,
      clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret),
      { timeout: ANSWER_WITHIN_SECONDS, ...(isHere && { execute: [oidc.allowInsecureRequests] }) },
    );
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw new Failure("issuer_unavailable", `the description of ${issuer}: ${describe(error)}`, true);
    }
  };
}

/** The ID token; or why there is none, in a word. @throws Failure `issuer_unavailable` */
async function grant(
  configuration: oidc.Configuration,
  url: URL,
  secret: string,
): Promise<{ idToken: string } | string> {
  try {
    const tokens = await oidc.authorizationCodeGrant(configuration, url, {
      expectedState: partOf(secret, "state"),
      expectedNonce: partOf(secret, "nonce"),
      pkceCodeVerifier: partOf(secret, "verifier"),
      idTokenExpected: true,
    });
    return tokens.id_token === undefined ? "no ID token" : { idToken: tokens.id_token };
  } catch (error) {
    if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)
      return error.error;
    if (error instanceof oidc.ClientError && !isAway(error)) return error.code ?? "not conform";
    throw new Failure("issuer_unavailable", `exchanging a code: ${describe(error)}`, true);
  }
}

function isAway({ code, cause }: oidc.ClientError): boolean {
  if (code === "OAUTH_TIMEOUT" || code === "OAUTH_ABORT") return true;
  return cause instanceof Response ? cause.status >= 500 : cause instanceof TypeError;
}

/** State, nonce and verifier, all made of one secret: one of them discloses no other. */
function partOf(secret: string, name: "state" | "nonce" | "verifier"): string {
  return createHmac("sha256", secret).update(name).digest("base64url");
}
