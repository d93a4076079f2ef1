// Which names this process answers under, and which pages may call it. A page of another site must get nothing: neither
// under a name of its own that it has pointed at this machine (DNS rebinding), nor by a request across sites.
// shared/decisions/names-and-pages.md says why the rule is what it is.
import { isIP } from "node:net";
import type { Config } from "./config.ts";

export interface OriginCheck {
  /** What is known of a request from its headers; undefined for the usual one, which may go on. */
  look(headers: Headers): OriginVerdict | undefined;
}

/** Refused; or let through for a page of another origin, which may read the answer as well. */
export type OriginVerdict = { readonly refusal: OriginRefusal } | { readonly allowedOrigin: string };

export interface OriginRefusal {
  readonly status: 400 | 403;
  readonly code: "malformed_header" | "host_not_allowed" | "cross_site_request";
  readonly detail: string;
}

export interface OriginCheckOptions {
  /** The address that the process listens on. */
  readonly host: string;
  /** Names that are answered beside it; one that begins with a dot stands for all names below it. */
  readonly hosts?: readonly string[];
  /** Of pages that may call, beside our own. */
  readonly origins?: readonly string[];
  /** Ports of our own pages on the same name. */
  readonly ports?: readonly number[];
}

/** The check of what listens on HOST, as the environment has it: where clients reach the APIs, they are answered. */
export function originCheckOf(config: Config): OriginCheck {
  const own = [config.COMMAND_API_URL, config.QUERY_API_URL].flatMap((url) => URL.parse(url) ?? []);
  return createOriginCheck({
    host: config.HOST,
    hosts: [...config.MILLRACE_HOSTS, ...own.map(({ hostname }) => hostname)],
    origins: [...config.MILLRACE_CORS_ORIGINS, ...own.map(({ origin }) => origin)],
    ports: [config.COMMAND_API_PORT, config.QUERY_API_PORT, config.CONSOLE_PORT],
  });
}

export function createOriginCheck(options: OriginCheckOptions): OriginCheck {
  const { host: listensOn, hosts = [], origins = [], ports = [] } = options;
  // A client without Host is no browser: every browser sends one.
  let lastGoodHost: string | null = null;

  const isOwnName = (name: string) =>
    isLoopback(name) ||
    name === listensOn ||
    hosts.some((each) => name === each || (each.startsWith(".") && name.endsWith(each))) ||
    // Off loopback, addresses and names without a dot are how containers, pods and balancers ask. A page can't have
    // one of these for its own name and then point it elsewhere: that takes a domain.
    (!isLoopback(listensOn) && (isIP(name.replace(/^\[|\]$/g, "")) > 0 || !name.includes(".")));

  const isAllowedOrigin = (origin: string, host: string | null) => {
    if (origins.includes(origin)) return true;
    const page = addressOf(origin);
    const asked = host === null ? undefined : addressOf(`http://${host}`);
    if (!page || !asked) return false;
    if (page.host === asked.host) return true;
    const sameName = page.name === asked.name || (isLoopback(page.name) && isLoopback(asked.name));
    return sameName && ports.includes(page.port);
  };

  return {
    look(headers) {
      const host = headers.get("host");
      if (host !== lastGoodHost) {
        const refusal = hostRefusal(host, isOwnName);
        if (refusal) return { refusal };
        lastGoodHost = host;
      }
      const origin = headers.get("origin");
      if (origin === null) return isCrossSiteWithoutOrigin(headers) ? { refusal: notFromPages } : undefined;
      return isAllowedOrigin(origin, host) ? { allowedOrigin: origin } : { refusal: notFromPages };
    },
  };
}

/** localhost and the names below it, which no DNS is asked for, and addresses that end on this machine. */
export function isLoopback(name: string): boolean {
  return /^(?:.+\.)?localhost$|^\[?::1\]?$|^127(?:\.\d{1,3}){3}$/.test(name);
}

function hostRefusal(host: string | null, isOwnName: (name: string) => boolean): OriginRefusal | undefined {
  if (!host) return undefined;
  const address = /[\s,/?#@\\]/.test(host) ? undefined : addressOf(`http://${host}`);
  if (!address) return malformedHost;
  return isOwnName(address.name) ? undefined : notUnderThisName;
}

/** What browsers send with images, scripts and frames that a page of another site holds; links to us stay possible. */
function isCrossSiteWithoutOrigin(headers: Headers): boolean {
  return headers.get("sec-fetch-site") === "cross-site" && headers.get("sec-fetch-dest") !== "document";
}

function addressOf(url: string): { host: string; name: string; port: number } | undefined {
  const parsed = URL.parse(url);
  if (!parsed?.host) return undefined;
  const { host, hostname, port, protocol } = parsed;
  return {
    host,
    name: hostname.replace(/\.$/, ""),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
  };
}

const malformedHost: OriginRefusal = {
  status: 400,
  code: "malformed_header",
  detail: "Host must be one name or address, with a port where there is one.",
};

const notUnderThisName: OriginRefusal = {
  status: 403,
  code: "host_not_allowed",
  detail:
    "Millrace does not answer under the name in Host, because a web page could have pointed it here. If the name is yours, add it to MILLRACE_HOSTS.",
};

const notFromPages: OriginRefusal = {
  status: 403,
  code: "cross_site_request",
  detail:
    "A page of another site sent this, and such pages get nothing here. If the page is yours, add its origin to MILLRACE_CORS_ORIGINS.",
};
