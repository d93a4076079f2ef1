// Who runs a command here. Whoever can reach the database may call themselves anything: that they reached it is all that
// is proven, and the trail says so.
import { hostname, userInfo } from "node:os";
import type { Doer } from "@millrace/trail/doer";

export function operatorHere(): Doer {
  return { actor: `ops:${userInfo().username}`, authn: "database-login", origin: hostname() };
}
