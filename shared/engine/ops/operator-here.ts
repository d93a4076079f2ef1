// The person who runs a command, for the trail. Anybody who can reach the database may take any name, so the trail says
// `database-login`: that login is all that is proven.
import { hostname, userInfo } from "node:os";
import type { Doer } from "@millrace/trail/doer";

export function operatorHere(): Doer {
  return { actor: `ops:${userInfo().username}`, authn: "database-login", origin: hostname() };
}
