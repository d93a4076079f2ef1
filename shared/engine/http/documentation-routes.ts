// What describes an API: where to go from /, the OpenAPI and AsyncAPI documents, and the page for people.
import { docsPage } from "./docs-page.ts";
import { type ApiDescription, openapi } from "./openapi.ts";
import { ok, type Route } from "./route.ts";

interface Documented extends ApiDescription {
  /** Addresses to show at / beside those of the documents, by what they are for. */
  readonly beside?: Readonly<Record<string, string>>;
  asyncapi?(): unknown;
}

const page = {
  method: "GET",
  access: "public",
  tag: "documentation",
  unbounded: true,
  anyQuery: true,
} as const;

/** Each document is made when it is first asked for. */
export function documentationRoutes(api: Documented): Route[] {
  const document = once(() => openapi(api));
  const messages = api.asyncapi && once(() => api.asyncapi?.());
  const start = {
    ...{ title: api.title, docs: "/docs", openapi: "/openapi.json" },
    ...(messages ? { asyncapi: "/asyncapi.json" } : {}),
    ...api.beside,
  };
  const routes = [
    json("/", "Where to go from here", "Addresses", () => start),
    json("/openapi.json", "This API for programs", "OpenAPI 3.1", document),
    {
      ...page,
      path: "/docs",
      summary: "This API for people",
      responses: [{ status: 200, description: "A page", contentType: "text/html" }],
      handle: () => docsPage(document(), { asyncapi: messages !== undefined }),
    },
  ];
  if (!messages) return routes;
  return [
    ...routes,
    json("/asyncapi.json", "What goes through Kafka, for programs", "AsyncAPI 3.0", messages),
  ];
}

function json(path: string, summary: string, description: string, body: () => unknown): Route {
  return {
    ...page,
    path,
    summary,
    responses: [{ status: 200, description, contentType: "application/json" }],
    handle: () => ok(body()),
  };
}

function once<Made>(make: () => Made): () => Made {
  let made: { readonly it: Made } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
