// Query parameters that a route does not declare are refused: a misspelt filter must not answer everything.
import { problem } from "./problem.ts";
import type { Answer, Route } from "./route.ts";

/** 422 with each parameter of the URL's query that the route does not declare; undefined where it declares all. */
export function unknownParameters(route: Route, url: string): Answer | undefined {
  const start = url.indexOf("?");
  if (start < 0 || route.anyQuery) return undefined;
  const names = (route.parameters ?? [])
    .filter((parameter) => parameter.in === "query")
    .map(({ name }) => name);
  const unknown = new Set(new URLSearchParams(url.slice(start)).keys()).difference(new Set(names));
  if (unknown.size === 0) return undefined;
  const message = names.length === 0 ? "Nothing is taken in this query" : `Known here: ${names.join(", ")}`;
  return problem("invalid_query", {
    detail:
      "The query has parameters that this path does not know, so nothing was done. Leave them out, or correct them.",
    errors: [...unknown].map((parameter) => ({ parameter, message })),
  });
}
