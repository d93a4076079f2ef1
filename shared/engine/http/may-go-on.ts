// Whether a client may still have what it was let in to have: an answer that goes on for long outlives its request.
import { isUnproven } from "@millrace/access/gate";
import { type Action, may } from "@millrace/access/may";
import type { Call } from "./route.ts";

/** Undefined where nobody is asked who they are. @throws while that can't be said: the client stays */
export function mayGoOn(
  { gate, request, principal, grant }: Call,
  action: Action,
): (() => Promise<boolean>) | undefined {
  if (principal.role === "anybody") return undefined;
  return async () => {
    const who = await gate.identify(request.headers);
    return !isUnproven(who) && may(who, action) === grant;
  };
}
