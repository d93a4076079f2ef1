// Cross-origin resource sharing, for pages that the origin check has let through.

/** How long a browser may keep what a preflight said, in seconds: browsers themselves keep it at most two hours. */
const PREFLIGHT_SECONDS = 600;
/** Headers of ours that a page may read, beside those that it always may. */
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

/** The page may use what the path takes, with any headers: those that we read are the only ones that matter. */
export function preflightHeaders(headers: Headers, methods: readonly string[]): Record<string, string> {
  const asked = headers.get("access-control-request-headers");
  return {
    "access-control-allow-methods": methods.join(", "),
    ...(asked === null ? {} : { "access-control-allow-headers": asked }),
    "access-control-max-age": String(PREFLIGHT_SECONDS),
  };
}
