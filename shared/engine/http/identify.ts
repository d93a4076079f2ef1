// Who asks, and which request this is.
import type { Context } from "hono";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Call } from "./route.ts";

/** Ids and names of ours and of others': what can stand in a header, a log and a table as it is. */
const SAFE_VALUE = /^[\x21-\x7e]{1,128}$/;

/** What a request says of itself; an id that can't be used counts as none. */
export function identify(context: Context): Call {
  const request = context.req.raw;
  const { headers } = request;
  const requestId = safe(headers.get("x-request-id")) ?? Bun.randomUUIDv7();
  return {
    context,
    request,
    requestId,
    correlationId: safe(headers.get("x-correlation-id")) ?? requestId,
    actor: safe(headers.get("x-actor")) ?? "anonymous",
    traceparent: readTraceparent(headers.get("traceparent")),
  };
}

function safe(value: string | null): string | undefined {
  return value !== null && SAFE_VALUE.test(value) ? value : undefined;
}
