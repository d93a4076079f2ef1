// Where a request came from, as the trail and the bounds of strangers know it.
import { createClientOf } from "@millrace/access/client-address";
import type { Call } from "./route.ts";

const directly = createClientOf([]);

/** An address; `unknown` of a request without a port. What a header says counts from our own proxies alone. */
export function addressOf({ context, request, gate }: Pick<Call, "context" | "request" | "gate">): string {
  const server: unknown = context.env;
  const peer = isServer(server) ? server.requestIP(request)?.address : undefined;
  const { clientOf = directly } = gate;
  return clientOf({ peer, forwardedFor: request.headers.get("x-forwarded-for") });
}

function isServer(env: unknown): env is Pick<Bun.Server<undefined>, "requestIP"> {
  return typeof env === "object" && env !== null && "requestIP" in env;
}
