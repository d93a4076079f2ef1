// The sender of a request as the trail names it.
import { actorOf } from "@millrace/access/principal";
import type { Doer } from "@millrace/trail/doer";
import { addressOf } from "./address.ts";
import type { Call } from "./route.ts";

/** By what the sender has proven, never by what it says of itself. */
export function doerOf(call: Call): Doer {
  const { authn } = call.principal;
  if (authn === "kafka") throw new Error("A principal of Kafka sent an HTTP request");
  return { actor: actorOf(call.principal), authn: authn ?? "none", origin: addressOf(call) };
}
