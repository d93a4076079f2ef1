// A request's ids, and its sender.
import type { Context } from "hono";
import { type Grant, mayActForOthers } from "@millrace/access/may";
import { ANYBODY, actorOf, type Principal } from "@millrace/access/principal";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Call } from "./route.ts";

/** Ids and names that may stand in a header, a log and a table as they are. */
const SAFE_VALUE = /^[\x21-\x7e]{1,128}$/;

/** The call by what the request says of itself, before its sender is known. An id that can't be used counts as absent. */
export function identify(
  context: Context,
  { shares, gate }: Pick<Call, "gate"> & Partial<Pick<Call, "shares">>,
): Call {
  const request = context.req.raw;
  const { headers } = request;
  const requestId = safe(headers.get("x-request-id")) ?? Bun.randomUUIDv7();
  return {
    context,
    request,
    requestId,
    correlationId: safe(headers.get("x-correlation-id")) ?? requestId,
    principal: ANYBODY,
    grant: "all",
    gate,
    shares,
    actor: safe(headers.get("x-actor")) ?? "anonymous",
    traceparent: readTraceparent(headers.get("traceparent")),
  };
}

/** The call of a sender who has proven who it is. */
export function asked(call: Call, principal: Principal, grant: Exclude<Grant, "none">): Call {
  if (principal.role === "anybody") return call;
  const claimed = safe(call.request.headers.get("x-actor"));
  const named = { ...call, ...causeOf(principal), principal, grant, actor: actorOf(principal) };
  return claimed !== undefined && mayActForOthers(principal) ? { ...named, onBehalfOf: claimed } : named;
}

/**
 * New ids for a customer's request, in place of those that it brought. Events name these ids as their cause, so a customer
 * who had read another's id could write into that one's history.
 */
function causeOf({ role }: Principal): Partial<Pick<Call, "requestId" | "correlationId">> {
  if (role !== "customer" && role !== "guest") return {};
  const requestId = Bun.randomUUIDv7();
  return { requestId, correlationId: requestId };
}

function safe(value: string | null): string | undefined {
  return value !== null && SAFE_VALUE.test(value) ? value : undefined;
}
