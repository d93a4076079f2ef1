// Who asks, and which request this is.
import type { Context } from "hono";
import type { Call } from "./route.ts";

/** Ids and names of ours and of others': what can stand in a header, a log and a table as it is. */
const SAFE_VALUE = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What a request says of itself; an id that can't be used counts as none. */
export function identify(context: Context): Call {
  const request = context.req.raw;
  const { headers } = request;
  const requestId = safe(headers.get("x-request-id")) ?? Bun.randomUUIDv7();
  const traceparent = headers.get("traceparent");
  return {
    context,
    request,
    requestId,
    correlationId: safe(headers.get("x-correlation-id")) ?? requestId,
    actor: safe(headers.get("x-actor")) ?? "anonymous",
    traceparent: traceparent !== null && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  };
}

function safe(value: string | null): string | undefined {
  return value !== null && SAFE_VALUE.test(value) ? value : undefined;
}
