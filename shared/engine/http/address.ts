// Where a request came from: the other end of its connection, never what a header says.
import type { Call } from "./route.ts";

/** An address, which is a gateway's where one stands in front; `unknown` of a request without a port. */
export function addressOf({ context, request }: Pick<Call, "context" | "request">): string {
  const server: unknown = context.env;
  if (!isServer(server)) return "unknown";
  return server.requestIP(request)?.address ?? "unknown";
}

function isServer(env: unknown): env is Pick<Bun.Server<undefined>, "requestIP"> {
  return typeof env === "object" && env !== null && "requestIP" in env;
}
