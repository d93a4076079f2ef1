// Routes that answer where there is no route, or where it may not be reached. None is part of the API or documented.
import type { Context } from "hono";
import type { OriginRefusal } from "@millrace/platform/origin-check";
import { allowedMethods } from "./allowed-methods.ts";
import { isPreflight, preflightHeaders } from "./cors.ts";
import { problem } from "./problem.ts";
import type { Route } from "./route.ts";

/** Answers a path that no route of its method serves. */
export function unmatched(routes: readonly Route[], context: Context): Route {
  const allowed = allowedMethods(routes, context.req.path);
  const allow = { allow: allowed.join(", ") };
  const { method, headers } = context.req.raw;
  return standIn(allowed.length === 0 ? "unmatched" : "wrong method", () => {
    if (allowed.length === 0) return problem("route_not_found");
    if (method !== "OPTIONS") return problem("method_not_allowed", { headers: allow });
    const more = isPreflight(headers) ? preflightHeaders(headers, allowed) : {};
    return { status: 204, headers: { ...allow, ...more }, body: null };
  });
}

/** Answers in place of any route where a request came under a foreign name, or from a foreign page. */
export function refusing({ code, detail }: OriginRefusal): Route {
  return standIn("refused", () => problem(code, { detail }));
}

function standIn(path: string, handle: Route["handle"]): Route {
  return {
    method: "GET",
    path,
    access: "public",
    summary: "",
    tag: "",
    anyQuery: true,
    responses: [],
    handle,
  };
}
