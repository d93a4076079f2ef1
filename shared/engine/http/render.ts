// Answers as responses, with the headers that every one has.
import { PROBLEM_CONTENT_TYPE } from "./problem.ts";
import { type Answer, type Call, Printed } from "./route.ts";

/** An answer is its caller's alone, and caches ask again each time: a 304 is cheap, a stale document is not. */
const NEVER_SNIFFED_OR_SHARED = { "x-content-type-options": "nosniff", "cache-control": "private, no-cache" };

export function render(answer: Answer, call: Call): Response {
  const { status, body } = answer;
  const headers: Record<string, string> = {
    "x-request-id": call.requestId,
    "x-correlation-id": call.correlationId,
    ...NEVER_SNIFFED_OR_SHARED,
    ...answer.headers,
  };
  if (body === null || body === undefined) return new Response(null, { status, headers });
  headers["content-type"] ??= "application/json";
  const text = body instanceof Printed ? body.json : JSON.stringify(withRequestId(answer, call));
  return new Response(text, { status, headers });
}

/** A stored problem that is answered again keeps the id of the request that met it first. */
function withRequestId({ headers, body }: Answer, call: Call): unknown {
  if (headers["content-type"] !== PROBLEM_CONTENT_TYPE) return body;
  return { ...(body as object), requestId: (body as { requestId?: string }).requestId ?? call.requestId };
}

/** Adds the same headers to a response that its route made itself. */
export function stamped(response: Response, call: Call): Response {
  response.headers.set("x-request-id", call.requestId);
  response.headers.set("x-correlation-id", call.correlationId);
  response.headers.set("x-content-type-options", "nosniff");
  return response;
}
