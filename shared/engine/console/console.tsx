// The console, whole: what it serves, who may see it, and what it holds open. Must never be needed by anything: it
// reads what the others keep, and asks for what their owners then do.

import { isUnproven } from "@millrace/access/gate";
import { may } from "@millrace/access/may";
import { actorOf } from "@millrace/access/principal";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import { type PostgresState, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import { listenToRows, type RowListener } from "@millrace/read-models/row-listener";
import { type Access, formTokenFor, sessionOf } from "./access.ts";
import { actionsOf } from "./actions.ts";
import type { Assets } from "./assets.ts";
import type { PageContext } from "./context.ts";
import { createHistory } from "./history/history.ts";
import { type SampledContext, startSampler } from "./history/sampler.ts";
import { type Frame, navigationOf, printPage, printRegion } from "./layout.tsx";
import { createLivePages, LIVE_CLIENTS_MAX, type LivePages } from "./live.ts";
import { ownPath } from "./own-path.ts";
import { type Asked, matchPath, type Page, type Shown } from "./page.ts";
import { pagesOf } from "./pages/all.ts";
import { whereIs } from "./pages/find.tsx";
import { problemPage } from "./pages/problem.tsx";
import { ProblemNotice } from "./parts/words.tsx";
import { htmlResponse, seeOther, wantsHtml } from "./respond.ts";
import { actionRoute, assetRoutes, route, signRoutes } from "./routes.ts";
import { signInPage } from "./sign-in.tsx";

export interface ConsoleOptions extends SampledContext {
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
  const history = createHistory();
  const context = { ...options, history };
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
    options: context,
    pages,
    live,
    frameOf: (call, section, sought) => frameOf(options, call, section, sought),
  };
  const sampler = startSampler(options, history, log);
  const postgres = watchPostgres(sql);
  let state: PostgresState = {};
  const app = createHttpApp({
    title: "Millrace console",
    description: "",
    documented: false,
    routes: [
      ...assetRoutes(options.assets),
      ...signRoutes(options),
      liveRoute(site),
      ...[
        findRoute(site),
        ...pages.map((page) => pageRoute(site, page)),
        ...actionsOf(context).map((action) =>
          actionRoute(access, action, (call, shown) => showOnce(site, call, shown)),
        ),
      ].map((route) => asUse(options, route)),
    ],
    requestsMax: REQUESTS_MAX,
    log,
    metrics,
    originCheck: options.originCheck,
    gate: access.gate,
    tracing: options.tracing,
    // Where nothing can be written it still shows why.
    notReady: async () => {
      state = await postgres();
      return state.away;
    },
    details: () => ({ ...(state.readOnly && { writes: state.readOnly }) }),
    showProblem: (answer, call) => (wantsHtml(call.request) ? showProblem(site, answer, call) : undefined),
  });
  return {
    app,
    release: () => live.stop(),
    async stop() {
      await Promise.all([sampler.stop(), listener?.stop()]);
    },
  };
}

interface Site {
  readonly options: ConsoleOptions & PageContext;
  readonly pages: readonly Page[];
  readonly live: LivePages;
  frameOf(call: Call, section: string, sought?: string): Frame;
}

function frameOf(
  { assets, access, models }: ConsoleOptions,
  call: Call,
  section: string,
  sought?: string,
): Frame {
  const { principal, request } = call;
  const session = sessionOf(access, request);
  return {
    assets,
    ...(principal.role !== "anybody" && { signedIn: actorOf(principal) }),
    ...(session !== undefined && { signOutToken: access.forms.tokenFor({ session }) }),
    navigation: navigationOf(models),
    section,
    ...(sought === undefined ? {} : { sought }),
  };
}

function sectionOf(pages: readonly Page[], request: Request): string {
  const { pathname } = new URL(request.url);
  return pages.find((page) => matchPath(page.path, pathname))?.section ?? "";
}

function showProblem(site: Site, answer: Answer, call: Call): Promise<Response> {
  const { access, assets } = site.options;
  const { request } = call;
  if (answer.status === 401 && access.signIn) {
    const { pathname, search } = new URL(request.url);
    return signInPage({
      ways: access.signIn,
      assets,
      next: request.method === "GET" ? pathname + search : "/",
    });
  }
  return problemPage(site.frameOf(call, sectionOf(site.pages, request)), answer);
}

/** What a person does, and not what their browser does beside them, keeps their session from idling. */
function asUse({ access, log }: ConsoleOptions, used: Route): Route {
  return {
    ...used,
    handle(call): ReturnType<Route["handle"]> {
      const session = sessionOf(access, call.request);
      if (session !== undefined) {
        access.signIn?.sessions
          .touch(session)
          .catch((error) => log.warn({ err: error }, "a session's use was not kept"));
      }
      return used.handle(call);
    },
  };
}

function pageRoute(site: Site, page: Page): Route {
  const place = { method: "GET", path: page.path, access: "console:inspect", summary: page.path } as const;
  return route(place, async (call) => {
    const { request } = call;
    const url = new URL(request.url);
    const parameters = matchPath(page.path, url.pathname);
    if (!parameters) return problem("route_not_found");
    const formToken = formTokenFor(site.options.access, call);
    const shown = await page.show({ url, parameters, formToken });
    const sought = page.path === "/find" ? (url.searchParams.get("q") ?? "") : undefined;
    const frame = site.frameOf(call, page.section, sought);
    return htmlResponse(await printPage(frame, shown, page), shown.status);
  });
}

async function showOnce(site: Site, call: Call, shown: Shown): Promise<Response> {
  const frame = site.frameOf(call, sectionOf(site.pages, call.request));
  return htmlResponse(await printPage(frame, shown), shown.status);
}

/** What a live page shows now: the problem, while it can't be shown. */
async function printLive(page: Page, asked: Asked): Promise<string> {
  try {
    return await printRegion((await page.show(asked)).body);
  } catch (failure) {
    return printRegion(<ProblemNotice failure={failure} />);
  }
}

function liveRoute({ pages, live, options: { access } }: Site): Route {
  const place = {
    method: "GET",
    path: "/live",
    access: "console:inspect",
    summary: "As it changes",
  } as const;
  return route(place, (call) => {
    const { request } = call;
    const formToken = formTokenFor(access, call);
    const url = new URL(ownPath(new URL(request.url).searchParams.get("page")), request.url);
    for (const page of pages) {
      const parameters = matchPath(page.path, url.pathname);
      if (parameters && page.live)
        return live.open(
          request,
          { ...page, live: page.live },
          { url, parameters, formToken },
          { mayGoOn: () => mayInspect(access, request.headers) },
        );
    }
    return problem("route_not_found");
  });
}

/** A stream outlives what its request was let in by. */
async function mayInspect({ gate }: Access, headers: Headers): Promise<boolean> {
  const who = await gate.identify(headers);
  return !isUnproven(who) && may(who, "console:inspect") === "all";
}

/** Goes to what is sought where that is one thing; /find itself lists what it may be. */
function findRoute(site: Site): Route {
  const page = site.pages.find(({ path }) => path === "/find") as Page;
  const listing = pageRoute(site, page);
  const place = { method: "GET", path: "/find", access: "console:inspect", summary: "Finds things" } as const;
  return route(place, async (call) => {
    const sought = (new URL(call.request.url).searchParams.get("q") ?? "")
      .trim()
      .toWellFormed()
      .replaceAll("\0", "");
    const place = await whereIs(site.options, sought);
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
