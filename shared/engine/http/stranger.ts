// Requests whose sender is not known, counted against a bound of the address they come from.
import { BeyondShare } from "@millrace/access/shares";
import { addressOf } from "./address.ts";
import type { Call } from "./route.ts";

export interface Stranger {
  /** Counts the request, once. @throws BeyondShare where too many came from its address */
  count(): Promise<void>;
  /** The sender is known: gives back what was counted. */
  known(): Promise<void> | undefined;
}

/** Undefined where there is no bound. */
export function strangerOf(
  call: Pick<Call, "shares" | "context" | "request" | "gate">,
): Stranger | undefined {
  const strangers = call.shares?.strangers;
  if (!strangers) return undefined;
  let address: string | undefined;
  return {
    async count() {
      if (address !== undefined) return;
      address = addressOf(call);
      const excess = await strangers.take(address);
      if (excess) throw new BeyondShare(excess);
    },
    known: () => (address === undefined ? undefined : strangers.giveBack(address)),
  };
}
