// Where webhooks may go. Whoever adds an endpoint chooses an address that we connect to: without this they could reach what
// only we can reach. What counts is the address that is connected to, each time: a name may point elsewhere by then.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

const URL_LENGTH_MAX = 2_048;
/** Public by its number, and yet the host's own: Azure answers every machine of its own there. */
const HOSTS_OWN = ["168.63.129.16"];

/** Where it may go whatever the address: names that an operator has said, in lower case. */
export type Internal = readonly string[];

/** @returns what is wrong with it, as a sentence; undefined where nothing is */
export function wrongWithUrl(text: string, internal: Internal): string | undefined {
  if (text.length > URL_LENGTH_MAX) return `Must have at most ${URL_LENGTH_MAX} characters`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "Must be an https:// address";
  if (url.username || url.password) return "Must hold no user and no password: what is sent is signed";
  if (url.hash) return "Must hold no #";
  const host = hostOf(url);
  if (internal.includes(host)) return undefined;
  if (url.protocol === "http:")
    return "Must be https: only hosts of MILLRACE_WEBHOOK_INTERNAL_HOSTS may be http";
  if (isIP(host) && !isPublic(host)) return refusalOf(host);
  return undefined;
}

/** As MILLRACE_WEBHOOK_INTERNAL_HOSTS names it: without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** The address is not connected to. No later try will be: somebody has to allow the host, or to mend its name. */
export class RefusedAddress extends Error {
  readonly code = "address_refused";
  constructor(host: string) {
    super(refusalOf(host));
    this.name = "RefusedAddress";
  }
}

function refusalOf(host: string): string {
  return `${host} is no public address. Where it is meant, name it in MILLRACE_WEBHOOK_INTERNAL_HOSTS`;
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
  return ipaddr.parse(address).range() === "unicast";
}
