// Writes that were sent to the query API by mistake are redirected to the command API, unchanged.
import * as v from "valibot";
import type { Method, Parameter, Route } from "@millrace/http/route";

const WRITES: readonly Method[] = ["POST", "PUT", "PATCH", "DELETE"];

/** Paths that the command API alone has, whatever the shop is; reading them belongs there as well. */
const COMMAND_PATHS = ["/commands", "/commands/:id"];

export interface WrittenPaths {
  /** Paths that are read here and written there. */
  readonly shared: readonly string[];
  /** Paths of the command API alone. */
  readonly commandsOnly: readonly string[];
}

const id: Parameter = { name: "id", in: "path", description: "Sent on as it is", schema: v.string() };

/** 307 keeps the method and the body. */
export function redirectRoutes(commandApiUrl: string, written: WrittenPaths): Route[] {
  const base = commandApiUrl.replace(/\/+$/, "");
  const redirect = (method: Method, path: string): Route => ({
    method,
    path,
    // The answer holds nothing but an address.
    access: "public",
    tag: "redirects",
    summary: "Sent on to the command API",
    parameters: path.includes(":id") ? [id] : [],
    anyQuery: true,
    responses: [{ status: 307, description: "The same request there", headers: { location: "Where" } }],
    handle: ({ request }) => ({
      status: 307,
      headers: { location: `${base}${pathAndQuery(request.url)}` },
      body: null,
    }),
  });
  return [
    ...written.shared.flatMap((path) => WRITES.map((method) => redirect(method, path))),
    ...[...written.commandsOnly, ...COMMAND_PATHS].flatMap((path) =>
      ["GET" as const, ...WRITES].map((method) => redirect(method, path)),
    ),
  ];
}

/** Unchanged, since decoding and encoding could change its meaning. */
function pathAndQuery(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("//") + 2));
}
