// Routes beside the pages: signing in and out, what changes something, style and script.
import { problem } from "@millrace/http/problem";
import type { Route } from "@millrace/http/route";
import type { Access } from "./access.ts";
import type { Action } from "./action.ts";
import type { Assets } from "./assets.ts";
import { matchPath } from "./page.ts";
import { seeOther } from "./respond.ts";
import { readForm, signIn, signInPage } from "./sign-in.tsx";

const FORM_BYTES_MAX = 16_384;

/** A route as the frame wants it; the console's are not described. */
export function route(method: "GET" | "POST", path: string, summary: string, handle: Route["handle"]): Route {
  // The console asks by itself: people sign in.
  return { method, path, access: "public", summary, tag: "console", responses: [], handle };
}

export function actionRoute(access: Access, { path, summary, act }: Action): Route {
  return route("POST", path, summary, async ({ request }) => {
    const form = await readForm(request, FORM_BYTES_MAX);
    if (!access.isOwnForm(request, form.get("form") ?? "")) return problem("cross_site_request");
    const parameters = matchPath(path, new URL(request.url).pathname);
    return parameters
      ? seeOther(await act({ parameters, form, by: access.doer }))
      : problem("route_not_found");
  });
}

export function signRoutes({ access, assets }: { access: Access; assets: Assets }): Route[] {
  return [
    route("GET", "/sign-in", "Asks for the token", () =>
      access.needsToken ? signInPage({ assets, next: "/" }) : seeOther("/"),
    ),
    route("POST", "/sign-in", "Takes the token", ({ request }) => signIn(access, assets, request)),
    route("POST", "/sign-out", "Ends the session", async ({ request }) => {
      const form = await readForm(request, FORM_BYTES_MAX);
      if (!access.isOwnForm(request, form.get("form") ?? "")) return problem("cross_site_request");
      return seeOther("/sign-in", { "set-cookie": access.endSession() });
    }),
  ];
}

export function assetRoutes(assets: Assets): Route[] {
  return [
    route("GET", "/assets/:file", "Style, script and icon", ({ request }) => {
      const file = new URL(request.url).pathname.slice("/assets/".length);
      return assets.respond(file, request) ?? problem("route_not_found");
    }),
  ];
}
