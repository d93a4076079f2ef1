// Who asks by HTTP, as the trail names them.
import { actorOf } from "@millrace/access/principal";
import type { Doer } from "@millrace/trail/doer";
import { addressOf } from "./address.ts";
import type { Call } from "./route.ts";

/** By what they have proven, and never by what they say of themselves. */
export function doerOf(call: Call): Doer {
  const { authn } = call.principal;
  if (authn === "kafka") throw new Error("nobody comes here by Kafka");
  return { actor: actorOf(call.principal), authn: authn ?? "none", origin: addressOf(call) };
}
