import type { Route } from "./route.ts";

/**
 * The methods that a path answers, for Allow; none where no route has the path. Where a route has the path word for word,
 * routes with parameters do not count for it.
 */
export function allowedMethods(routes: readonly Pick<Route, "method" | "path">[], path: string): string[] {
  const segments = path.split("/");
  const methods = new Set<string>();
  const isFixed = routes.some((route) => route.path === path);
  for (const route of routes) {
    if (isFixed ? route.path !== path : !matches(route.path.split("/"), segments)) continue;
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  if (methods.size > 0) methods.add("OPTIONS");
  return [...methods].sort();
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, index) =>
    part.startsWith(":") ? segments[index] !== "" : part === segments[index],
  );
}
