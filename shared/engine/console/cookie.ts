// The cookie that holds a session: out of every script's reach, and never sent from another site.
import { SESSION_HOURS_MAX } from "@millrace/access/sessions";

/** Time, in seconds, that a person has to prove at the issuer who they are. */
const FLOW_SECONDS = 600;

export interface SessionCookie {
  /** Set-Cookie of a session that begins. */
  start(headers: Headers, secret: string): string;
  /** Set-Cookie that has the browser forget it. */
  end(headers: Headers): string;
  /** Set-Cookie of the flow that a browser brings back from the issuer. Lax, since another site sends it here. */
  startFlow(headers: Headers, flow: string): string;
  endFlow(headers: Headers): string;
  flowIn(headers: Headers): string | undefined;
  /** The secret that the browser presents. */
  secretIn(headers: Headers): string | undefined;
}

/** `consoleUrl`: as browsers reach the console. It says whether that is by TLS, where no gateway does. */
export function sessionCookie(consoleUrl: URL): SessionCookie {
  // With __Host- no other site of the same domain can set the cookie, nor a page that was sent without TLS.
  const nameOf = (headers: Headers, suffix: string) =>
    `${spokeTls(headers, consoleUrl) ? "__Host-" : ""}millrace_console${suffix}`;
  const print = (suffix: string, sameSite: string) => (headers: Headers, value: string, seconds: number) => {
    const cookie = `${nameOf(headers, suffix)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}`;
    return spokeTls(headers, consoleUrl) ? `${cookie}; Secure` : cookie;
  };
  const [session, flow] = [print("", "Strict"), print("_flow", "Lax")];
  return {
    start: (headers, secret) => session(headers, secret, SESSION_HOURS_MAX * 3_600),
    end: (headers) => session(headers, "", 0),
    startFlow: (headers, value) => flow(headers, value, FLOW_SECONDS),
    endFlow: (headers) => flow(headers, "", 0),
    flowIn: (headers) => cookieIn(headers, nameOf(headers, "_flow")),
    secretIn: (headers) => cookieIn(headers, nameOf(headers, "")),
  };
}

export function cookieIn(headers: Headers, name: string): string | undefined {
  const cookies = (headers.get("cookie") ?? "").split(/; */);
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}

/** Whether the browser came by TLS, which a gateway ends: the console itself speaks none. */
export function spokeTls(headers: Headers, consoleUrl: URL): boolean {
  return (headers.get("x-forwarded-proto") ?? consoleUrl.protocol).toLowerCase().startsWith("https");
}
