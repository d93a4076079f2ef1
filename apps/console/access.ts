// Who may use the console. On loopback whoever can reach it; anywhere else whoever has the token. Must never take a
// page of another site for the operator: not by its forms, and not by a name that it has pointed at this machine.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Config, InvalidConfig } from "@millrace/platform/config";

export interface Access {
  /** Undefined where the console is open. */
  readonly needsToken: boolean;
  /** Stands in every form. */
  readonly formToken: string;
  /** Undefined where the request may go on. */
  refusal(request: Request): Refusal | undefined;
  /** Whether this is the token; false as well past the bound of wrong ones. */
  isToken(given: string): boolean;
  /** Set-Cookie of a new session. */
  startSession(request: Request): string;
  /** Set-Cookie that ends one. */
  endSession(): string;
  /** Whether a form was sent by one of our pages. */
  isOwnForm(request: Request, formToken: string): boolean;
}

export type Refusal = "host_not_allowed" | "token_required";

const COOKIE = "millrace_console";
/** A working day. */
const SESSION_SECONDS = 12 * 60 * 60;
/** Wrong tokens in a minute, of everybody together: people mistype, programs guess. */
const WRONG_MAX = 20;
const WRONG_WITHIN_MS = 60_000;

/** Where the console listens, and with which token. @throws InvalidConfig off loopback without one. */
export function listeningOf(config: Config): { host: string; token: string | undefined } {
  const host = config.CONSOLE_HOST ?? config.HOST;
  const token = config.MILLRACE_CONSOLE_TOKEN;
  if (!isLoopback(host) && token === undefined) {
    throw new InvalidConfig([
      `MILLRACE_CONSOLE_TOKEN: the console can retry, discard and rebuild, so it does not listen on ${host} without one`,
    ]);
  }
  return { host, token };
}

export function createAccess(token: string | undefined, now: () => number = Date.now): Access {
  // Sessions outlive a restart, and any of several consoles takes them, since the token alone makes them.
  const key = token ?? randomBytes(32).toString("hex");
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("hex");
  let wrong: number[] = [];

  const isToken = (given: string) => {
    const time = now();
    wrong = wrong.filter((at) => time - at < WRONG_WITHIN_MS);
    if (token === undefined || wrong.length >= WRONG_MAX) return false;
    if (isSame(given, token)) return true;
    wrong.push(time);
    return false;
  };
  const hasSession = (request: Request) => {
    const [until = "", signature = ""] = (cookieOf(request) ?? "").split(".");
    if (!isSame(signature, sign(`session ${until}`))) return false;
    return Number(until) > now();
  };

  return {
    needsToken: token !== undefined,
    formToken: sign("form"),
    isToken,
    refusal(request) {
      if (token === undefined) {
        return isLoopback(hostNameOf(request)) ? undefined : "host_not_allowed";
      }
      const bearer = bearerOf(request);
      if (bearer !== undefined) return isToken(bearer) ? undefined : "token_required";
      return hasSession(request) ? undefined : "token_required";
    },
    startSession(request) {
      const until = String(now() + SESSION_SECONDS * 1_000);
      const value = `${until}.${sign(`session ${until}`)}`;
      return `${COOKIE}=${value}; Path=/; Max-Age=${SESSION_SECONDS}; HttpOnly; SameSite=Strict${secure(request)}`;
    },
    endSession: () => `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
    isOwnForm(request, formToken) {
      // Who says the token in a header is a program: no browser adds that by itself.
      if (token !== undefined && bearerOf(request) !== undefined) return true;
      return isSameOrigin(request) && isSame(formToken, sign("form"));
    },
  };
}

/** What browsers say of where a form comes from; those that say neither are too old to be trusted. */
function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return site === "same-origin";
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

function hostNameOf(request: Request): string {
  const host = request.headers.get("host") ?? "";
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
