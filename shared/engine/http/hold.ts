import { BeyondShare, type Holding } from "@millrace/access/shares";
import type { Call } from "./route.ts";

/** A place of the caller's, until it is given back. @throws BeyondShare where they have as many as they may */
export function hold({ shares, principal }: Call, what: Holding): () => void {
  const held = shares?.hold(principal, what) ?? NOTHING_HELD;
  if (typeof held === "function") return held;
  throw new BeyondShare(held);
}

function NOTHING_HELD(): void {}
