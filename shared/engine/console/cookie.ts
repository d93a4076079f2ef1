// The cookie that a session is presented in: out of every script's reach, and never sent along from another site.
import { SESSION_HOURS_MAX } from "@millrace/access/sessions";

/** With the prefix no other site of the same domain can set it, nor a page that was sent without TLS. */
const names = (isHttps: boolean) => (isHttps ? "__Host-millrace_console" : "millrace_console");
/** As long as somebody may take to prove who they are at the issuer. */
const FLOW_SECONDS = 600;

export interface SessionCookie {
  /** Set-Cookie of a session that begins. */
  start(headers: Headers, secret: string): string;
  /** Set-Cookie that has the browser forget it. */
  end(headers: Headers): string;
  /** Set-Cookie of what a browser brings back from the issuer. Lax, since it comes from there. */
  startFlow(headers: Headers, flow: string): string;
  endFlow(headers: Headers): string;
  flowIn(headers: Headers): string | undefined;
  /** What the browser presents. */
  secretIn(headers: Headers): string | undefined;
}

/** `consoleUrl`: as browsers reach the console, where no gateway says of a request what it spoke. */
export function sessionCookie(consoleUrl: URL): SessionCookie {
  const print = (headers: Headers, value: string, seconds: number) => {
    const isHttps = spokeTls(headers, consoleUrl);
    const cookie = `${names(isHttps)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
    return isHttps ? `${cookie}; Secure` : cookie;
  };
  const printFlow = (headers: Headers, value: string, seconds: number) => {
    const isHttps = spokeTls(headers, consoleUrl);
    const cookie = `${names(isHttps)}_flow=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
    return isHttps ? `${cookie}; Secure` : cookie;
  };
  return {
    start: (headers, secret) => print(headers, secret, SESSION_HOURS_MAX * 3_600),
    end: (headers) => print(headers, "", 0),
    startFlow: (headers, flow) => printFlow(headers, flow, FLOW_SECONDS),
    endFlow: (headers) => printFlow(headers, "", 0),
    flowIn: (headers) => cookieIn(headers, `${names(spokeTls(headers, consoleUrl))}_flow`),
    secretIn: (headers) => cookieIn(headers, names(spokeTls(headers, consoleUrl))),
  };
}

export function cookieIn(headers: Headers, name: string): string | undefined {
  const cookies = (headers.get("cookie") ?? "").split(/; */);
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}

/** Between browser and gateway, where one ends TLS: the console itself speaks none. */
export function spokeTls(headers: Headers, consoleUrl: URL): boolean {
  return (headers.get("x-forwarded-proto") ?? consoleUrl.protocol).toLowerCase().startsWith("https");
}
