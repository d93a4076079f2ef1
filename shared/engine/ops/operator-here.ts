// Who runs a command here. Anybody who can reach the database may call themselves anything: the trail says
// `database-login`, since that login is all that is proven.
import { hostname, userInfo } from "node:os";
import type { Doer } from "@millrace/trail/doer";

export function operatorHere(): Doer {
  return { actor: `ops:${userInfo().username}`, authn: "database-login", origin: hostname() };
}
