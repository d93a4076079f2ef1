// How often one address may ask before anybody is known there: who guesses is held up, and who brings what was right before
// is not. Must never take an address from a header of somebody who is no proxy of ours.
import { BlockList, isIP } from "node:net";
import type { Config } from "@millrace/platform/config";
import { createRate, type Excess } from "./rate.ts";

/** Where a request comes from. */
export interface From {
  /** The other end of the connection; undefined where there is none, as in tests. */
  readonly peer: string | undefined;
  /** X-Forwarded-For: each proxy adds at its end whom it was asked by. */
  readonly forwardedFor: string | null;
}

export interface Strangers {
  /** Counts one who is not known yet. Undefined where there is room. */
  take(from: From): Promise<Excess | undefined>;
  /** They turned out to be somebody. */
  giveBack(from: From): Promise<void>;
}

type Bounds = Pick<Config, "MILLRACE_RATE_STRANGERS" | "MILLRACE_TRUSTED_PROXIES">;

/** Undefined where there is no bound. */
export function createStrangers(config: Bounds): Strangers | undefined {
  const most = config.MILLRACE_RATE_STRANGERS;
  if (most === 0) return undefined;
  const proxies = new BlockList();
  for (const network of config.MILLRACE_TRUSTED_PROXIES) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    proxies.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  const rate = createRate({ policy: "address", most, seconds: 1 });
  return {
    take: (from) => rate.take(keyOf(clientOf(from, proxies))),
    giveBack: (from) => rate.giveBack(keyOf(clientOf(from, proxies))),
  };
}

/** The last address that is none of our proxies': what stands before it was said by whoever has it. */
function clientOf({ peer, forwardedFor }: From, proxies: BlockList): string {
  const said = (forwardedFor ?? "").split(",").map((hop) => hop.trim());
  const hops = [...said.filter((hop) => hop !== ""), plain(peer ?? "")];
  for (let hop = hops.length - 1; hop > 0; hop--) {
    const address = plain(hops[hop] ?? "");
    const family = isIP(address);
    if (family === 0 || !proxies.check(address, family === 6 ? "ipv6" : "ipv4")) return address;
  }
  return plain(hops[0] ?? "");
}

/** IPv4 as such, by whatever socket it came. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** Whoever has an IPv6 address has the 2^64 beside it. What is no address is one of them all. */
function keyOf(address: string): string {
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : "";
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
