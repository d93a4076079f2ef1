// A request whose sender nobody knows yet, against the bound of where it comes from.

import { isIP } from "node:net";
import type { Context } from "hono";
import { BeyondShare } from "@millrace/access/shares";
import type { From } from "@millrace/access/strangers";
import type { Call } from "./route.ts";

export interface Stranger {
  /** Counts the request, once. @throws BeyondShare where there were too many of there */
  count(): Promise<void>;
  /** The sender is known: whatever was counted is given back. */
  known(): Promise<void> | undefined;
}

/** Undefined where there is no bound. */
export function strangerOf({ shares, context }: Pick<Call, "shares" | "context">): Stranger | undefined {
  const strangers = shares?.strangers;
  if (!strangers) return undefined;
  let from: From | undefined;
  return {
    async count() {
      if (from) return;
      from = { peer: peerOf(context), forwardedFor: context.req.raw.headers.get("x-forwarded-for") };
      const excess = await strangers.take(from);
      if (excess) throw new BeyondShare(excess);
    },
    known: () => from && strangers.giveBack(from),
  };
}

/** Bun's server, which Hono is handed beside the request; a test's request came by none. */
interface Server {
  requestIP(request: Request): { readonly address: string } | null;
}

function peerOf({ env, req }: Context): string | undefined {
  const server = env as Partial<Server> | undefined;
  const address = server?.requestIP?.(req.raw)?.address;
  return address !== undefined && isIP(address) > 0 ? address : undefined;
}
