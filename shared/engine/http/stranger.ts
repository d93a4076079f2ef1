// Requests whose sender is not known, counted against a bound of the address they come from.
import { isIP } from "node:net";
import { BeyondShare } from "@millrace/access/shares";
import type { From } from "@millrace/access/strangers";
import { addressOf } from "./address.ts";
import type { Call } from "./route.ts";

export interface Stranger {
  /** Counts the request, once. @throws BeyondShare where too many came from its address */
  count(): Promise<void>;
  /** The sender is known: gives back what was counted. */
  known(): Promise<void> | undefined;
}

/** Undefined where there is no bound. */
export function strangerOf(call: Pick<Call, "shares" | "context" | "request">): Stranger | undefined {
  const strangers = call.shares?.strangers;
  if (!strangers) return undefined;
  let from: From | undefined;
  return {
    async count() {
      if (from) return;
      const address = addressOf(call);
      const peer = isIP(address) > 0 ? address : undefined;
      from = { peer, forwardedFor: call.request.headers.get("x-forwarded-for") };
      const excess = await strangers.take(from);
      if (excess) throw new BeyondShare(excess);
    },
    known: () => from && strangers.giveBack(from),
  };
}
