// Where a request comes from, past the proxies of ours that it came through. Must never take an address from a header of
// somebody who is no proxy of ours.
import { BlockList, isIP } from "node:net";

export interface From {
  /** The other end of the connection; undefined where there is none, as in tests. */
  readonly peer: string | undefined;
  /** X-Forwarded-For: each proxy adds the address of its own client at the end. */
  readonly forwardedFor: string | null;
}

/** Answers an address, or `unknown`. */
export type ClientOf = (from: From) => string;

/** @param proxies addresses or networks such as 10.0.0.0/8 */
export function createClientOf(proxies: readonly string[]): ClientOf {
  const ours = new BlockList();
  for (const network of proxies) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    ours.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  const isOurs = (address: string) => ours.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return ({ peer = "", forwardedFor }) => {
    let client = plain(peer);
    if (isIP(client) === 0) return "unknown";
    // The last address that is none of our proxies': what stands before it was said by the client at that address.
    const hops = proxies.length === 0 ? [] : (forwardedFor ?? "").split(",").map((hop) => plain(hop.trim()));
    for (const hop of hops.filter((each) => each !== "").reverse()) {
      if (!isOurs(client)) break;
      if (isIP(hop) === 0) return "unknown";
      client = hop;
    }
    return client;
  };
}

/** IPv4 as such, by whatever socket it came. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** What a client is counted by: the holder of an IPv6 address has the 2^64 beside it. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [start = "", end] = address.split("%")[0]?.split("::") ?? [];
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const zeros = Math.max(0, 8 - groups(start).length - groups(end).length);
  const all =
    end === undefined ? groups(start) : [...groups(start), ...Array(zeros).fill("0"), ...groups(end)];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
