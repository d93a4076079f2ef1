// Which request this is, and who asks.
import type { Context } from "hono";
import { type Grant, mayActForOthers } from "@millrace/access/may";
import { ANYBODY, actorOf, type Principal } from "@millrace/access/principal";
import type { Shares } from "@millrace/access/shares";
import { readTraceparent } from "@millrace/platform/traceparent";
import type { Call } from "./route.ts";

/** Ids and names of ours and of others': what can stand in a header, a log and a table as it is. */
const SAFE_VALUE = /^[\x21-\x7e]{1,128}$/;

/** What a request says of itself; an id that can't be used counts as none. Nobody was asked yet. */
export function identify(context: Context, shares: Shares | undefined): Call {
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
    shares,
    actor: safe(headers.get("x-actor")) ?? "anonymous",
    traceparent: readTraceparent(headers.get("traceparent")),
  };
}

/** The call of somebody who has proven who they are. */
export function asked(call: Call, principal: Principal, grant: Exclude<Grant, "none">): Call {
  if (principal.role === "anybody") return call;
  const claimed = safe(call.request.headers.get("x-actor"));
  const named = { ...call, ...causeOf(principal), principal, grant, actor: actorOf(principal) };
  return claimed !== undefined && mayActForOthers(principal) ? { ...named, onBehalfOf: claimed } : named;
}

/**
 * Ids that a customer's request gets in place of its own, which may be those of anybody's: events name them as what led
 * to them, and a customer who has read an id could write themselves into the histories of others.
 */
function causeOf({ role }: Principal): Partial<Pick<Call, "requestId" | "correlationId">> {
  if (role !== "customer" && role !== "guest") return {};
  const requestId = Bun.randomUUIDv7();
  return { requestId, correlationId: requestId };
}

function safe(value: string | null): string | undefined {
  return value !== null && SAFE_VALUE.test(value) ? value : undefined;
}
