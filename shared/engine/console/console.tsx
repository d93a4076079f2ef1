// The console, whole: what it serves, who may see it, and what it holds open. Must never be needed by anything: it
// reads what the others keep, and asks for what their owners then do.

import { openGate } from "@millrace/access/gate";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import { type PostgresState, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import { listenToRows, type RowListener } from "@millrace/read-models/row-listener";
import type { Access } from "./access.ts";
import { actionsOf } from "./actions.ts";
import type { Assets } from "./assets.ts";
import type { PageContext } from "./context.ts";
import { type Frame, navigationOf, printPage, printRegion } from "./layout.tsx";
import { createLivePages, LIVE_CLIENTS_MAX, type LivePages } from "./live.ts";
import { type Asked, matchPath, type Page } from "./page.ts";
import { pagesOf } from "./pages/all.ts";
import { whereIs } from "./pages/find.tsx";
import { problemPage } from "./pages/problem.tsx";
import { ProblemNotice } from "./parts/words.tsx";
import { htmlResponse, seeOther, wantsHtml } from "./respond.ts";
import { actionRoute, assetRoutes, route, signRoutes } from "./routes.ts";
import { ownPath, signInPage } from "./sign-in.tsx";

export interface ConsoleOptions extends Omit<PageContext, "formToken"> {
  readonly access: Access;
  readonly assets: Assets;
  readonly metrics: Metrics;
  readonly originCheck: OriginCheck;
  readonly tracing?: Tracing | undefined;
}

export interface Console {
  readonly app: HttpApp;
  /** Ends streams, so that no request outlives a drain. */
  release(): void;
  /** Stops listening. The pools are the caller's. */
  stop(): Promise<void>;
}

/** Pages cost far more than an API's answers, and people ask for few at once. */
const REQUESTS_MAX = 200;

export function createConsole(options: ConsoleOptions): Console {
  const { access, sql, log, metrics } = options;
  const context: PageContext = { ...options, formToken: access.formToken };
  const pages = pagesOf(context);
  // Every notification costs every session that listens: this one does only while somebody has a page open.
  let listener: RowListener | undefined;
  const live = createLivePages({
    print: printLive,
    onFollowed(followed) {
      void listener?.stop();
      listener = followed
        ? listenToRows({ url: options.databaseUrl, name: "console", log, subscribers: [live] })
        : undefined;
    },
  });
  measure(metrics, live);
  const site: Site = {
    options,
    pages,
    live,
    frameOf: (section, sought) => frameOf(options, section, sought),
  };
  const postgres = watchPostgres(sql);
  let state: PostgresState = {};
  const app = createHttpApp({
    title: "Millrace console",
    description: "",
    documented: false,
    routes: [
      ...assetRoutes(options.assets),
      ...signRoutes(options),
      ...[findRoute(site, context), liveRoute(site), ...pages.map((page) => pageRoute(site, page))].map(
        (route) => guarded(options, route),
      ),
      ...actionsOf(context).map((action) => guarded(options, actionRoute(access, action))),
    ],
    requestsMax: REQUESTS_MAX,
    log,
    metrics,
    originCheck: options.originCheck,
    gate: openGate({ mode: access.needsToken ? "required" : "open" }),
    tracing: options.tracing,
    // Where nothing can be written it still shows why.
    notReady: async () => {
      state = await postgres();
      return state.away;
    },
    details: () => ({ ...(state.readOnly && { writes: state.readOnly }) }),
    showProblem: (answer, { request }) =>
      wantsHtml(request) ? problemPage(site.frameOf(sectionOf(pages, request)), answer) : undefined,
  });
  return {
    app,
    release: () => live.stop(),
    stop: async () => listener?.stop(),
  };
}

interface Site {
  readonly options: ConsoleOptions;
  readonly pages: readonly Page[];
  readonly live: LivePages;
  frameOf(section: string, sought?: string): Frame;
}

function frameOf({ assets, access, models }: ConsoleOptions, section: string, sought?: string): Frame {
  const formToken = access.needsToken ? access.formToken : undefined;
  return {
    assets,
    formToken,
    navigation: navigationOf(models),
    section,
    ...(sought === undefined ? {} : { sought }),
  };
}

function sectionOf(pages: readonly Page[], request: Request): string {
  const { pathname } = new URL(request.url);
  return pages.find((page) => matchPath(page.path, pathname))?.section ?? "";
}

/** Nobody sees anything, or changes it, without leave. */
function guarded({ access, assets }: ConsoleOptions, guardedRoute: Route): Route {
  return {
    ...guardedRoute,
    handle(call): Answer | Response | Promise<Answer | Response> {
      const { request } = call;
      if (access.isAllowed(request)) return guardedRoute.handle(call);
      if (request.method === "GET" && wantsHtml(request)) {
        const { pathname, search } = new URL(request.url);
        return signInPage({ assets, next: pathname + search });
      }
      return problem("token_required");
    },
  };
}

function pageRoute(site: Site, page: Page): Route {
  return route("GET", page.path, `The page ${page.path}`, async ({ request }: Call) => {
    const url = new URL(request.url);
    const parameters = matchPath(page.path, url.pathname);
    if (!parameters) return problem("route_not_found");
    const shown = await page.show({ url, parameters });
    const sought = page.path === "/find" ? (url.searchParams.get("q") ?? "") : undefined;
    return htmlResponse(await printPage(site.frameOf(page.section, sought), shown, page), shown.status);
  });
}

/** What a live page shows now: the problem, while it can't be shown. */
async function printLive(page: Page, asked: Asked): Promise<string> {
  try {
    return await printRegion((await page.show(asked)).body);
  } catch (failure) {
    return printRegion(<ProblemNotice failure={failure} />);
  }
}

function liveRoute({ pages, live }: Site): Route {
  return route("GET", "/live", "A page as it changes", ({ request }) => {
    const url = new URL(ownPath(new URL(request.url).searchParams.get("page")), request.url);
    for (const page of pages) {
      const parameters = matchPath(page.path, url.pathname);
      if (parameters && page.live)
        return live.open(request, { ...page, live: page.live }, { url, parameters });
    }
    return problem("route_not_found");
  });
}

/** Goes to what is sought where that is one thing; /find itself lists what it may be. */
function findRoute(site: Site, context: PageContext): Route {
  const page = site.pages.find(({ path }) => path === "/find") as Page;
  const listing = pageRoute(site, page);
  return route("GET", "/find", "Finds an id, a stream, a topic or a request", async (call) => {
    const sought = (new URL(call.request.url).searchParams.get("q") ?? "")
      .trim()
      .toWellFormed()
      .replaceAll("\0", "");
    const place = await whereIs(context, sought);
    return place === undefined ? listing.handle(call) : seeOther(place);
  });
}

function measure(metrics: Metrics, live: LivePages): void {
  metrics.gauge("millrace_console_live_clients", "Clients that follow a page.", live.clients);
  metrics.gauge(
    "millrace_console_live_clients_max",
    "The bound of millrace_console_live_clients.",
    () => LIVE_CLIENTS_MAX,
  );
}
