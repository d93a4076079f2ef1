// Routes beside the pages: signing in and out, what changes something, style and script.
import type { RouteAccess } from "@millrace/access/may";
import { doerOf } from "@millrace/http/doer";
import { problem } from "@millrace/http/problem";
import type { Call, Route } from "@millrace/http/route";
import { type Access, isOwnForm } from "./access.ts";
import type { Action } from "./action.ts";
import type { Assets } from "./assets.ts";
import { CALLBACK } from "./issuer-sign-in.ts";
import { matchPath, type Shown } from "./page.ts";
import { seeOther } from "./respond.ts";
import { comeFromIssuer, goToIssuer, readForm, signIn, signInPage, signOut } from "./sign-in.tsx";

const FORM_BYTES_MAX = 16_384;

interface Place {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: RouteAccess;
  readonly summary: string;
}

/** A route as the frame wants it; the console's are not described. */
export function route(place: Place, handle: Route["handle"]): Route {
  return { ...place, tag: "console", responses: [], handle };
}

export function actionRoute(
  access: Access,
  { path, summary, act }: Action,
  showOnce: (call: Call, shown: Shown) => Promise<Response>,
): Route {
  const place = { method: "POST", path, access: "console:operate", summary } as const;
  return route(place, async (call) => {
    const form = await readForm(call.request, FORM_BYTES_MAX);
    if (!isOwnForm(access, call, form.get("form") ?? "")) return problem("cross_site_request");
    const parameters = matchPath(path, new URL(call.request.url).pathname);
    if (!parameters) return problem("route_not_found");
    const next = await act({ parameters, form, by: doerOf(call) });
    return typeof next === "string" ? seeOther(next) : showOnce(call, next);
  });
}

/** Where nobody signs in here, there is nothing to do. */
export function signRoutes({ access, assets }: { access: Access; assets: Assets }): Route[] {
  const { signIn: ways } = access;
  const path = "/sign-in";
  return [
    route({ method: "GET", path, access: "public", summary: "Asks who it is" }, () =>
      ways ? signInPage({ ways, assets, next: "/" }) : seeOther("/"),
    ),
    route({ method: "POST", path, access: "public", summary: "Begins a session" }, (call) =>
      ways ? signIn(ways, assets, call) : seeOther("/"),
    ),
    route(
      { method: "GET", path: "/sign-in/issuer", access: "public", summary: "Goes to the issuer" },
      (call) => (ways ? goToIssuer(ways, call) : seeOther("/")),
    ),
    route({ method: "GET", path: CALLBACK, access: "public", summary: "Comes from the issuer" }, (call) =>
      ways ? comeFromIssuer(ways, assets, call) : seeOther("/"),
    ),
    route(
      { method: "POST", path: "/sign-out", access: "console:inspect", summary: "Ends the session" },
      (call) => signOut(access, call),
    ),
  ];
}

export function assetRoutes(assets: Assets): Route[] {
  const place = {
    method: "GET",
    path: "/assets/:file",
    access: "public",
    summary: "Style, script and icon",
  } as const;
  return [
    route(place, ({ request }) => {
      const file = new URL(request.url).pathname.slice("/assets/".length);
      return assets.respond(file, request) ?? problem("route_not_found");
    }),
  ];
}
