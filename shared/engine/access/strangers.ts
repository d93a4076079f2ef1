// How often one address may ask before anybody is known there: who guesses is held up, and who brings what was right before
// is not.
import type { Config } from "@millrace/platform/config";
import { networkOf } from "./client-address.ts";
import { createRate, type Excess } from "./rate.ts";

export interface Strangers {
  /** Counts one who is not known yet, by where they come from. Undefined where there is room. */
  take(address: string): Promise<Excess | undefined>;
  /** They turned out to be somebody. */
  giveBack(address: string): Promise<void>;
}

/** Undefined where there is no bound. */
export function createStrangers({
  MILLRACE_RATE_STRANGERS: most,
}: Pick<Config, "MILLRACE_RATE_STRANGERS">): Strangers | undefined {
  if (most === 0) return undefined;
  const rate = createRate({ policy: "address", most, seconds: 1 });
  return {
    take: (address) => rate.take(networkOf(address)),
    giveBack: (address) => rate.giveBack(networkOf(address)),
  };
}
