// The console's routes: pages and what keeps them up, what changes something, signing in and out, style and script.
import type { RouteAccess } from "@millrace/access/may";
import { actorOf } from "@millrace/access/principal";
import { doerOf } from "@millrace/http/doer";
import { mayGoOn } from "@millrace/http/may-go-on";
import { problem } from "@millrace/http/problem";
import type { Call, Route } from "@millrace/http/route";
import type { Log } from "@millrace/platform/log";
import type { ReadModel } from "@millrace/read-models/read-model";
import { type Access, formTokenFor, isOwnForm, type SignIn, sessionOf } from "./access.ts";
import type { Action } from "./action.ts";
import type { Assets } from "./assets.ts";
import { CALLBACK } from "./issuer-sign-in.ts";
import { type Frame, printPage } from "./layout.tsx";
import type { LivePages } from "./live.ts";
import { navigationOf } from "./navigation.ts";
import { matchPath, type Page } from "./page.ts";
import { textIn } from "./query.ts";
import { htmlResponse, seeOther } from "./respond.ts";
import { saidIn } from "./said.ts";
import { comeFromIssuer, goToIssuer, readForm, signIn, signInPage, signOut } from "./sign-in.tsx";

const FORM_BYTES_MAX = 16_384;

export interface Site {
  readonly access: Access;
  readonly assets: Assets;
  readonly log: Log;
  readonly models: readonly ReadModel[];
  readonly live: LivePages;
}

interface Place {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: RouteAccess;
  readonly summary: string;
}

/** A route as the HTTP server takes it; the console's are described nowhere. */
function route(place: Place, handle: Route["handle"]): Route {
  return { ...place, tag: "console", responses: [], handle };
}

/** Answers the page; to `Accept: text/event-stream` the same page's region, again each time that it changes. */
export function pageRoute(site: Site, page: Page): Route {
  const { access } = site;
  const { path, section, live } = page;
  return route({ method: "GET", path, access: "console:inspect", summary: path }, async (call) => {
    const { request } = call;
    const url = new URL(request.url);
    const parameters = matchPath(path, url.pathname);
    if (!parameters) return problem("route_not_found");
    const asked = { url, parameters, formToken: formTokenFor(access, call) };
    if (live && request.headers.get("accept") === "text/event-stream") {
      return site.live.open(request, { ...page, live }, asked, mayGoOn(call, "console:inspect"));
    }
    keepFromIdling(site, request);
    const shown = await page.show(asked);
    if (typeof shown === "string") return seeOther(shown);
    return htmlResponse(await printPage(frameOf(site, call, section), shown, live), shown.status);
  });
}

export function actionRoute(site: Site, { path, section, summary, act }: Action): Route {
  const place = { method: "POST", path, access: "console:operate", summary } as const;
  return route(place, async (call) => {
    keepFromIdling(site, call.request);
    const form = await readForm(call.request, FORM_BYTES_MAX);
    if (!isOwnForm(site.access, call, form.get("form") ?? "")) return problem("cross_site_request");
    const parameters = matchPath(path, new URL(call.request.url).pathname);
    if (!parameters) return problem("route_not_found");
    const next = await act({ parameters, form, by: doerOf(call) });
    if (typeof next === "string") return seeOther(next);
    return htmlResponse(await printPage(frameOf(site, call, section), next), next.status);
  });
}

export function frameOf({ assets, access, models }: Site, call: Call, section = ""): Frame {
  const { principal, request } = call;
  const session = sessionOf(access, request);
  const url = new URL(request.url);
  return {
    assets,
    section,
    navigation: navigationOf(models),
    signedIn: principal.role === "anybody" ? undefined : actorOf(principal),
    signOutToken: session === undefined ? undefined : access.forms.tokenFor({ session }),
    sought: url.pathname === "/find" ? textIn(url, "q") : "",
    said: saidIn(url),
  };
}

/** What a person does keeps their session from idling; a page that stays open does not. */
function keepFromIdling({ access, log }: Site, request: Request): void {
  const session = sessionOf(access, request);
  if (session === undefined) return;
  access.signIn?.sessions
    .touch(session)
    .catch((error) => log.warn({ err: error }, "a session's use was not kept"));
}

type WayIn = (ways: SignIn, call: Call) => ReturnType<Route["handle"]>;

/** Where access is open or a gateway asks, all of these lead to the first page. */
export function signRoutes({ access, assets }: Pick<Site, "access" | "assets">): Route[] {
  const { signIn: ways } = access;
  const on = (method: Place["method"], path: string, summary: string, handle: WayIn) =>
    route({ method, path, access: "public", summary }, (call) => (ways ? handle(ways, call) : seeOther("/")));
  const out = { method: "POST", path: "/sign-out", access: "console:inspect", summary: "Sign out" } as const;
  return [
    on("GET", "/sign-in", "Ask for a key", (ways) => signInPage({ ways, assets, next: "/" })),
    on("POST", "/sign-in", "Sign in by a key", (ways, call) => signIn(ways, assets, call)),
    on("GET", "/sign-in/issuer", "Go to the issuer", goToIssuer),
    on("GET", CALLBACK, "Come from the issuer", (ways, call) => comeFromIssuer(ways, assets, call)),
    route(out, (call) => signOut(access, call)),
  ];
}

export function assetRoutes(assets: Assets): Route[] {
  const place = {
    method: "GET",
    path: "/assets/:file",
    access: "public",
    summary: "Style and script",
  } as const;
  return [
    route(place, ({ request }) => {
      const file = new URL(request.url).pathname.slice("/assets/".length);
      return assets.respond(file, request) ?? problem("route_not_found");
    }),
  ];
}
