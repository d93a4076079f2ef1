// The console: what it serves, who may see it, and what it holds open. Must never be needed by anything: it reads what
// the others keep, and asks for what their owners then do.
import type { Answer, Call } from "@millrace/http/route";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import { type PostgresState, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import { listenToRows, type RowListener } from "@millrace/read-models/row-listener";
import type { Access } from "./access.ts";
import { actionsOf } from "./actions.ts";
import type { Assets } from "./assets.ts";
import { createHistory } from "./history/history.ts";
import { type SampledContext, startSampler } from "./history/sampler.ts";
import { printRegion } from "./layout.tsx";
import { createLivePages, LIVE_CLIENTS_MAX, type LivePages } from "./live.ts";
import { type Asked, matchPath, type Page } from "./page.ts";
import { pagesOf } from "./pages/all.ts";
import { problemPage } from "./pages/problem.tsx";
import { ProblemNotice } from "./parts/words.tsx";
import { wantsHtml } from "./respond.ts";
import { actionRoute, assetRoutes, frameOf, pageRoute, type Site, signRoutes } from "./routes.ts";
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

/** Requests under way at once: a page costs far more than an API's answer, and people ask for few at once. */
const REQUESTS_MAX = 200;

export function createConsole(options: ConsoleOptions): Console {
  const { access, sql, log, metrics } = options;
  const history = createHistory();
  const context = { ...options, history };
  const pages = pagesOf(context);
  // Every notification costs every session that listens: this one listens only while a browser has a page open.
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
  const site: Site = { ...options, live };
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
      ...pages.map((page) => pageRoute(site, page)),
      ...actionsOf(context).map((action) => actionRoute(site, action)),
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
    showProblem: (answer, call) =>
      wantsHtml(call.request) ? showProblem(site, pages, answer, call) : undefined,
  });
  return {
    app,
    release: () => live.stop(),
    async stop() {
      await Promise.all([sampler.stop(), listener?.stop()]);
    },
  };
}

function showProblem(site: Site, pages: readonly Page[], answer: Answer, call: Call): Promise<Response> {
  const { access, assets } = site;
  const { pathname, search } = new URL(call.request.url);
  if (answer.status === 401 && access.signIn) {
    const next = call.request.method === "GET" ? pathname + search : "/";
    return signInPage({ ways: access.signIn, assets, next });
  }
  const page = pages.find(({ path }) => matchPath(path, pathname));
  return problemPage(frameOf(site, call, page?.section), answer);
}

/** What a live page shows now: the problem, while it can't be shown. */
async function printLive(page: Page, asked: Asked): Promise<string> {
  try {
    const shown = await page.show(asked);
    return typeof shown === "string" ? "" : await printRegion(shown.body);
  } catch (failure) {
    return printRegion(<ProblemNotice failure={failure} />);
  }
}

function measure(metrics: Metrics, live: LivePages): void {
  metrics.gauge("millrace_console_live_clients", "Clients that follow a page.", live.clients);
  metrics.gauge(
    "millrace_console_live_clients_max",
    "The bound of millrace_console_live_clients.",
    () => LIVE_CLIENTS_MAX,
  );
}
