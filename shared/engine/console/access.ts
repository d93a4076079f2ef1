// Who may use the console. On loopback all who can reach it; anywhere else those who have the token. Must never take a
// form of another site's page for the operator's.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Config, InvalidConfig } from "@millrace/platform/config";
import { isLoopback } from "@millrace/platform/origin-check";
import type { Doer } from "@millrace/trail/doer";
import { keptToken } from "./kept-token.ts";

export interface Access {
  /** False where the console is open. */
  readonly needsToken: boolean;
  /** As the trail names those who use it: the token is one for all. */
  readonly doer: Doer;
  /** Stands in every form. */
  readonly formToken: string;
  /** Whether the request may go on. */
  isAllowed(request: Request): boolean;
  isToken(given: string): boolean;
  /** Set-Cookie of a new session. */
  startSession(request: Request): string;
  /** Set-Cookie that ends one. */
  endSession(): string;
  /** Whether a form was sent by one of our pages. */
  isOwnForm(request: Request, formToken: string): boolean;
}

const COOKIE = "millrace_console";
/** A working day. */
const SESSION_SECONDS = 12 * 60 * 60;

/** Where the console listens, and with which token. @throws InvalidConfig off loopback without one. */
export function listeningOf(
  config: Config,
  tellToken: (token: string) => void = () => {},
): { host: string; token: string | undefined } {
  const host = config.CONSOLE_HOST ?? config.HOST;
  const token = config.MILLRACE_CONSOLE_TOKEN ?? keptToken(config.MILLRACE_CONSOLE_TOKEN_FILE, tellToken);
  if (!isLoopback(host) && token === undefined) {
    throw new InvalidConfig([
      `MILLRACE_CONSOLE_TOKEN, or MILLRACE_CONSOLE_TOKEN_FILE: the console can retry, discard and rebuild, so it does not listen on ${host} without one. Set MILLRACE_CONSOLE_TOKEN to at least 16 characters that nobody can guess (openssl rand -hex 32), or CONSOLE_HOST=127.0.0.1 to keep it to this machine`,
    ]);
  }
  return { host, token };
}

export function createAccess(token: string | undefined, now: () => number = Date.now): Access {
  // Sessions outlive a restart, and any of several consoles takes them, since the token alone makes them.
  const key = token ?? randomBytes(32).toString("hex");
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("hex");

  // Wrong ones are not counted: a count can only shut out those who have the right one, which is too long to guess.
  const isToken = (given: string) => token !== undefined && isSame(given, token);
  const hasSession = (request: Request) => {
    const [until = "", signature = ""] = (cookieOf(request) ?? "").split(".");
    if (!isSame(signature, sign(`session ${until}`))) return false;
    return Number(until) > now();
  };

  return {
    needsToken: token !== undefined,
    doer: { actor: "console", authn: token === undefined ? "none" : "shared-token", origin: "console" },
    formToken: sign("form"),
    isToken,
    isAllowed(request) {
      if (token === undefined) return true;
      const bearer = bearerOf(request);
      return bearer === undefined ? hasSession(request) : isToken(bearer);
    },
    startSession(request) {
      const until = String(now() + SESSION_SECONDS * 1_000);
      const value = `${until}.${sign(`session ${until}`)}`;
      return `${COOKIE}=${value}; Path=/; Max-Age=${SESSION_SECONDS}; HttpOnly; SameSite=Strict${secure(request)}`;
    },
    endSession: () => `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
    isOwnForm(request, formToken) {
      // A token in a header comes from a program: no browser adds that by itself.
      if (token !== undefined && bearerOf(request) !== undefined) return true;
      return isSameOrigin(request) === true && isSame(formToken, sign("form"));
    },
  };
}

/** What browsers say of where a form comes from; undefined where nothing is said, as by programs and old browsers. */
export function isSameOrigin(request: Request): boolean | undefined {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return site === null ? undefined : true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.get("host");
}

/** Takes as long for what is wrong at its start as at its end. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac("sha256", "compare").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function cookieOf(request: Request): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  return cookies.find((each) => each.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

/** Behind a gateway that speaks TLS the cookie must not go over anything else. */
function secure(request: Request): string {
  const protocol = request.headers.get("x-forwarded-proto") ?? new URL(request.url).protocol;
  return /^https/.test(protocol) ? "; Secure" : "";
}
