// Where webhooks may go. A person who adds an endpoint chooses an address that we connect to, and could reach what only we can
// reach. So the address itself is checked at each connection: a name may point elsewhere by then.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses that are public by number and yet internal: Azure answers each of its machines at this one. */
const HOSTS_OWN = ["168.63.129.16"];

/** All of IPv6 that was given out so far. Beside it stand old ways to write an IPv4 address, as ::7f00:1 is 127.0.0.1. */
const GIVEN_OUT = ipaddr.IPv6.parseCIDR("2000::/3");

/** Host names that an operator has allowed whatever their address, in lower case. */
export type Internal = readonly string[];

export const URL_LENGTH_MAX = 2_048;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/** With a dot, and a last label that makes no number of it: what URLs take for an IPv4 address ends in one. */
const NAME = String.raw`(?:${LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`;
const PORT = "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?";
/** Of the printable characters of ASCII all but the space and the #. */
const PATH = `(?:[/?][!"$-~]*)?`;
/** The addresses that everybody may give, as documented: https to a host by its name. */
export const ADDRESS = new RegExp(`^https://${NAME}${PORT}${PATH}$`);
/** The addresses that may be given beside those, of hosts that an operator has allowed. */
const ALLOWED_ADDRESS = new RegExp(
  String.raw`^https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])${PORT}${PATH}$`,
);
const WRONG_URL =
  "Must be an https:// address of a host by its name, without user, password and #. Where another is meant, name its " +
  "host in MILLRACE_WEBHOOK_INTERNAL_HOSTS";

/** @returns what is wrong with it, as a sentence; undefined where nothing is */
export function wrongWithUrl(text: string, internal: Internal): string | undefined {
  const url = text.length <= URL_LENGTH_MAX && URL.canParse(text) ? new URL(text) : undefined;
  if (url && ADDRESS.test(text)) return undefined;
  if (url && ALLOWED_ADDRESS.test(text) && internal.includes(hostOf(url))) return undefined;
  return WRONG_URL;
}

/** As MILLRACE_WEBHOOK_INTERNAL_HOSTS names it: without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** The address is not connected to. No later try will be: somebody has to allow the host, or to mend its name. */
export class RefusedAddress extends Error {
  readonly code = "address_refused";
  constructor(host: string) {
    super(`${host} is no public address. Where it is meant, name it in MILLRACE_WEBHOOK_INTERNAL_HOSTS`);
    this.name = "RefusedAddress";
  }
}

export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * The one to connect to. Where any of a name's addresses is internal none is taken: which one comes first, its owner decides.
 *
 * @param turn which of several: one that does not answer is not asked first each time
 * @throws RefusedAddress; what `resolve` throws
 */
export async function addressOf(
  host: string,
  { internal, resolve, turn }: { internal: Internal; resolve: Resolve; turn: number },
): Promise<string> {
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (!internal.includes(host) && !addresses.every(isPublic)) throw new RefusedAddress(host);
  const address = addresses[turn % addresses.length];
  if (address === undefined) throw new Error(`${host} has no address`);
  return address;
}

/**
 * Whether the whole Internet has it: neither loopback, private, link-local, shared, multicast, reserved nor documentation. What
 * carries another address inside, as ::ffff:10.0.0.1 and 6to4 do, is none.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0 || HOSTS_OWN.includes(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === "unicast" && (parsed.kind() === "ipv4" || parsed.match(GIVEN_OUT));
}
