// The address that a request came from: the other end of its connection, never what a header says.
import type { Call } from "./route.ts";

/** The gateway's address where a gateway stands in front; `unknown` for a request without a port, as tests send it. */
export function addressOf({ context, request }: Pick<Call, "context" | "request">): string {
  const server: unknown = context.env;
  if (!isServer(server)) return "unknown";
  return server.requestIP(request)?.address ?? "unknown";
}

function isServer(env: unknown): env is Pick<Bun.Server<undefined>, "requestIP"> {
  return typeof env === "object" && env !== null && "requestIP" in env;
}
