// Who may use the console. On loopback everybody who can reach it; behind a gateway the principal that the gateway names;
// elsewhere people who have signed in, and programs that send an API key or an access token.
import { randomBytes } from "node:crypto";
import { createGate } from "@millrace/access/create-gate";
import { type Gate, openGate } from "@millrace/access/gate";
import { may } from "@millrace/access/may";
import { createSessions, type Sessions } from "@millrace/access/sessions";
import { idTokensOf } from "@millrace/access/tokens";
import type { Call } from "@millrace/http/route";
import { exposureOf } from "@millrace/platform/access-mode";
import type { Config } from "@millrace/platform/config";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { createSample, type Sample } from "@millrace/trail/sample";
import { type SessionCookie, sessionCookie } from "./cookie.ts";
import { createForms, type Forms } from "./forms.ts";
import { type IssuerSignIn, issuerSignIn } from "./issuer-sign-in.ts";
import { type KeySignIn, keySignIn } from "./key-sign-in.ts";

/** Where people sign in to the console itself. */
export interface SignIn {
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly byKey: KeySignIn;
  /** Where an issuer knows people. */
  readonly byIssuer: IssuerSignIn | undefined;
}

export interface Access {
  readonly gate: Gate;
  /** Absent where access is open, or a gateway asks. */
  readonly signIn?: SignIn;
  readonly forms: Forms;
}

/** Where the console listens. */
export function consoleHost(config: Pick<Config, "CONSOLE_HOST" | "HOST">): string {
  return config.CONSOLE_HOST ?? config.HOST;
}

/** Where browsers reach it. */
export function consoleUrl(config: Pick<Config, "CONSOLE_URL" | "CONSOLE_PORT">): URL {
  return new URL(config.CONSOLE_URL ?? `http://localhost:${config.CONSOLE_PORT}`);
}

export function createAccess({ config, sql, log }: { config: Config; sql: Sql; log: Log }): Access {
  const exposure = exposureOf(config, consoleHost(config));
  // Behind a gateway any of several consoles takes a form that another one has shown.
  const forms = createForms(config.MILLRACE_AUTH_GATEWAY_SECRET ?? randomBytes(32).toString("hex"));
  if (exposure.mode === "open") return { gate: openGate(exposure), forms };
  const refusals = createSample({ sql, log });
  const gate = createGate(config, { sql, refusals }, exposure);
  if (exposure.mode === "gateway") return { gate, forms };
  const sessions = createSessions(sql);
  const cookie = sessionCookie(consoleUrl(config));
  return {
    gate: sessionGate({ gate, sessions, cookie }),
    signIn: {
      sessions,
      cookie,
      byKey: keySignIn({ sql, sessions, refusals }),
      byIssuer: byIssuer(config, sessions, refusals),
    },
    forms,
  };
}

function byIssuer(config: Config, sessions: Sessions, refusals: Sample): IssuerSignIn | undefined {
  const { MILLRACE_OIDC_ISSUER: issuer, MILLRACE_OIDC_CONSOLE_CLIENT: clientId } = config;
  const idTokens = idTokensOf(config);
  if (issuer === undefined || clientId === undefined || idTokens === undefined) return undefined;
  return issuerSignIn({
    issuer,
    clientId,
    clientSecret: config.MILLRACE_OIDC_CONSOLE_SECRET,
    scope: config.MILLRACE_OIDC_CONSOLE_SCOPE,
    consoleUrl: consoleUrl(config),
    idTokens,
    sessions,
    refusals,
  });
}

/** A header says who a program is, a session who a person is. The header wins: browsers send the cookie by themselves. */
function sessionGate({ gate, sessions, cookie }: { gate: Gate } & Pick<SignIn, "sessions" | "cookie">): Gate {
  return {
    ...gate,
    async identify(headers, stranger) {
      const secret = headers.has("authorization") ? undefined : cookie.secretIn(headers);
      const known = secret === undefined ? undefined : await sessions.find(secret);
      return known ?? gate.identify(headers, stranger);
    },
  };
}

/** The secret of the request's session; undefined where a header says who asks. */
export function sessionOf({ signIn }: Access, { headers }: Request): string | undefined {
  return headers.has("authorization") ? undefined : signIn?.cookie.secretIn(headers);
}

/** The token for the forms of this call's pages; undefined where its principal may change nothing. */
export function formTokenFor(access: Access, { request, principal }: Call): string | undefined {
  if (may(principal, "console:operate") !== "all") return undefined;
  return access.forms.tokenFor({ session: sessionOf(access, request) });
}

export function isOwnForm(access: Access, { request }: Call, token: string): boolean {
  const isProgram = access.signIn !== undefined && request.headers.has("authorization");
  return access.forms.isOwn({ request, session: sessionOf(access, request), isProgram }, token);
}
