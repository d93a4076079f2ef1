// Cross-origin resource sharing, for pages that the origin check has let through.

/** Seconds that a browser may keep a preflight's answer; browsers themselves allow at most two hours. */
const PREFLIGHT_SECONDS = 600;
/** Response headers that a page may read beside those that browsers always show. */
const EXPOSED =
  "etag, location, link, retry-after, allow, idempotency-replayed, preference-applied, x-request-id, x-correlation-id";

/** Lets the page read the answer. */
export function corsHeaders(headers: Headers, origin: string): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
  headers.append("vary", "origin");
}

export function isPreflight(headers: Headers): boolean {
  return headers.has("access-control-request-method");
}

/** Allows the path's own methods, and any headers: those that no route reads do no harm. */
export function preflightHeaders(headers: Headers, methods: readonly string[]): Record<string, string> {
  const asked = headers.get("access-control-request-headers");
  return {
    "access-control-allow-methods": methods.join(", "),
    ...(asked === null ? {} : { "access-control-allow-headers": asked }),
    "access-control-max-age": String(PREFLIGHT_SECONDS),
  };
}
