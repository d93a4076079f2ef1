import { BeyondShare, type Holding } from "@millrace/access/shares";
import type { Call } from "./route.ts";

/** Takes one of the places that a caller may hold at once; call what it answers to give the place back. @throws BeyondShare where all are taken */
export function hold({ shares, principal }: Call, what: Holding): () => void {
  const held = shares?.hold(principal, what) ?? NOTHING_HELD;
  if (typeof held === "function") return held;
  throw new BeyondShare(held);
}

function NOTHING_HELD(): void {}
