import { docsPage } from "./docs-page.ts";
import { type ApiDescription, type OpenApiDocument, openapi } from "./openapi.ts";
import type { Route } from "./route.ts";

interface Documented extends ApiDescription {
  readonly beside?: Readonly<Record<string, string>>;
}

/** Where to go from /, and /openapi.json and /docs, made when they are first asked for. */
export function documentationRoutes(api: Documented): Route[] {
  let made: OpenApiDocument | undefined;
  const document = () => {
    made ??= openapi(api);
    return made;
  };
  const shared = {
    method: "GET",
    access: "public",
    tag: "documentation",
    unbounded: true,
    anyQuery: true,
  } as const;
  const start = { title: api.title, docs: "/docs", openapi: "/openapi.json", ...api.beside };
  return [
    {
      ...shared,
      path: "/",
      summary: "Where to go from here",
      responses: [{ status: 200, description: "Addresses", contentType: "application/json" }],
      handle: () => ({ status: 200, headers: {}, body: start }),
    },
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
