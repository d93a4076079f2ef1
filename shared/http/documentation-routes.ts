import { docsPage } from "./docs-page.ts";
import { type ApiDescription, type OpenApiDocument, openapi } from "./openapi.ts";
import type { Route } from "./route.ts";

/** /openapi.json and /docs, made when they are first asked for. */
export function documentationRoutes(api: ApiDescription): Route[] {
  let made: OpenApiDocument | undefined;
  const document = () => {
    made ??= openapi(api);
    return made;
  };
  const shared = { method: "GET", tag: "documentation", unbounded: true } as const;
  return [
    {
      ...shared,
      path: "/openapi.json",
      summary: "This API for programs",
      responses: [{ status: 200, description: "OpenAPI 3.1", contentType: "application/json" }],
      handle: () => ({ status: 200, headers: {}, body: document() }),
    },
    {
      ...shared,
      path: "/docs",
      summary: "This API for people",
      responses: [{ status: 200, description: "A page", contentType: "text/html" }],
      handle: () => docsPage(document()),
    },
  ];
}
