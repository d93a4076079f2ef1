import { docsPage } from "./docs-page.ts";
import { type ApiDescription, openapi } from "./openapi.ts";
import type { Route } from "./route.ts";

interface Documented extends ApiDescription {
  readonly beside?: Readonly<Record<string, string>>;
  asyncapi?(): unknown;
}

/** Where to go from /, and /openapi.json, /asyncapi.json and /docs, made when they are first asked for. */
export function documentationRoutes(api: Documented): Route[] {
  const document = once(() => openapi(api));
  const messages = api.asyncapi && once(() => api.asyncapi?.());
  const shared = {
    method: "GET",
    access: "public",
    tag: "documentation",
    unbounded: true,
    anyQuery: true,
  } as const;
  const start = {
    ...{ title: api.title, docs: "/docs", openapi: "/openapi.json" },
    ...(messages ? { asyncapi: "/asyncapi.json" } : {}),
    ...api.beside,
  };
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
    ...(messages
      ? [
          {
            ...shared,
            path: "/asyncapi.json",
            summary: "What goes through Kafka, for programs",
            responses: [{ status: 200, description: "AsyncAPI 3.0", contentType: "application/json" }],
            handle: () => ({ status: 200, headers: {}, body: messages() }),
          },
        ]
      : []),
    {
      ...shared,
      path: "/docs",
      summary: "This API for people",
      responses: [{ status: 200, description: "A page", contentType: "text/html" }],
      handle: () => docsPage(document(), { asyncapi: messages !== undefined }),
    },
  ];
}

function once<Made>(make: () => Made): () => Made {
  let made: { readonly it: Made } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
