// The frame of every HTTP server: ids, bounds, access, errors and logs around a table of routes. Must never know what a route
// is about.
import { type Context, Hono } from "hono";
import { type Gate, isUnproven, openGate } from "@millrace/access/gate";
import { isRouteAccess } from "@millrace/access/may";
import type { Shares } from "@millrace/access/shares";
import type { Exposure } from "@millrace/platform/access-mode";
import type { Log } from "@millrace/platform/log";
import { type Metrics, measureReadiness } from "@millrace/platform/metrics";
import { createOriginCheck, type OriginCheck } from "@millrace/platform/origin-check";
import type { Tracing } from "@millrace/platform/tracing";
import { addressOf } from "./address.ts";
import { admit } from "./admit.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { CLIENT_GONE_STATUS, ClientGone } from "./client-gone.ts";
import { documentationRoutes } from "./documentation-routes.ts";
import { type Answering, finish, observer, startSpan } from "./finish.ts";
import { identify } from "./identify.ts";
import { probeRoutes } from "./probe-routes.ts";
import { beyond, PROBLEM_CONTENT_TYPE, problem, problemOf } from "./problem.ts";
import { PROBLEMS, type ProblemKind } from "./problem-codes.ts";
import type { Answer, Call, Route } from "./route.ts";
import { refusing, unmatched } from "./stand-in.ts";
import { strangerOf } from "./stranger.ts";
import { unknownParameters } from "./unknown-parameters.ts";

export interface HttpOptions {
  /** Title and description of the API in its documentation. */
  readonly title: string;
  readonly description: string;
  readonly routes: readonly Route[];
  /** Requests that may be under way at once; more get 503. */
  readonly requestsMax: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Names and pages that are answered; left out, those of this machine. */
  readonly originCheck?: OriginCheck | undefined;
  /** Finds out who sends a request; left out, everybody may do everything, and the server listens on loopback alone. */
  readonly gate?: Gate | undefined;
  /** Bounds of one principal; left out, only the bounds of the process count. */
  readonly shares?: Shares | undefined;
  /**
   * Whether routes are described on /docs and in /openapi.json, and query parameters that they do not declare are refused.
   * True for an API, false for a site for people.
   */
  readonly documented?: boolean;
  /** Problems beside the engine's own, by their codes: the aggregates' refusals. */
  readonly problems?: Readonly<Record<string, ProblemKind>>;
  /** Addresses of other servers, by what they are for; shown at / of an API. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Makes the AsyncAPI document, once, when /asyncapi.json is first asked for. */
  asyncapi?(): unknown;
  /** Shows a problem in another form, such as a page; answers undefined where the problem document is what is wanted. */
  showProblem?(problem: Answer, call: Call): Response | undefined | Promise<Response | undefined>;
  /** Makes a span of each request; undefined where nobody asked for spans. */
  readonly tracing?: Tracing | undefined;
  /** Undefined when ready, else what is missing. */
  notReady(): string | undefined | Promise<string | undefined>;
  /** More to show on /readyz. */
  details?(): Record<string, unknown>;
}

export interface HttpApp {
  readonly fetch: Hono["fetch"];
  /** Answers a request without a port; for tests. */
  readonly request: Hono["request"];
  /** Whether callers are asked who they are. */
  readonly exposure: Exposure;
  /** From now on every answer closes its connection, and /readyz answers 503. */
  drain(): void;
}

interface Frame extends HttpOptions, Answering {
  readonly gate: Gate;
  readonly originCheck: OriginCheck;
  inFlight: number;
  draining: boolean;
}

/**
 * Each route has one Hono handler and there is no middleware, so that Hono calls it straight.
 * @throws for a route that does not say who may use it
 */
export function createHttpApp(options: HttpOptions): HttpApp {
  const frame: Frame = {
    ...options,
    gate: options.gate ?? openGate(),
    originCheck: options.originCheck ?? createOriginCheck({ host: "localhost" }),
    inFlight: 0,
    draining: false,
    observe: observer(options.metrics),
  };
  const whyNotReady = () => (frame.draining ? "shutting down" : frame.notReady());
  const problems = { ...PROBLEMS, ...options.problems };
  const described = [...options.routes, ...probeRoutes({ ...options, problems, notReady: whyNotReady })];
  for (const route of described) assertAccessStated(route);
  const { exposure } = frame.gate;
  const documented = options.documented ?? true;
  const routes = documented
    ? [...described, ...documentationRoutes({ ...options, routes: described, exposure })]
    : described;
  measureReadiness(options.metrics, whyNotReady);
  options.metrics.gauge("millrace_http_requests_in_flight", "Requests under way.", () => frame.inFlight);
  options.metrics.gauge(
    "millrace_http_requests_in_flight_max",
    "The bound of millrace_http_requests_in_flight.",
    () => options.requestsMax,
  );

  const app = new Hono();
  const otherwise = (context: Context) => run(frame, unmatched(routes, context), context);
  for (const { path, methods } of methodsKeptFrom(routes)) app.on(methods, path, otherwise);
  for (const route of routes) {
    app.on(route.method, route.path, (context) =>
      context.req.raw.method === "HEAD" ? runHead(frame, route, context) : run(frame, route, context),
    );
  }
  app.notFound(otherwise);
  return {
    fetch: (request, ...rest) => app.fetch(withWholeUrl(request), ...rest),
    request: app.request,
    exposure,
    drain() {
      frame.draining = true;
    },
  };
}

/** The type demands an access; a route that was made around the type must not be open to everybody by mistake. */
function assertAccessStated({ method, path, access }: Route): void {
  if (isRouteAccess(access)) return;
  throw new Error(
    `${method} ${path} does not say who may use it: its access is ${JSON.stringify(access)}, expected "public", "signature" or an action such as "things:read"`,
  );
}

/** Bun's URL of a request without Host, such as an old balancer's check, is its path alone, and Hono finds no route by it. */
function withWholeUrl(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

/** By path without parameters, the methods it lacks: a path with a parameter in its place would answer them otherwise. */
function methodsKeptFrom(routes: readonly Route[]): { path: string; methods: string[] }[] {
  const all = [...new Set(routes.map(({ method }) => method))];
  const fixed = new Set(routes.map(({ path }) => path).filter((path) => !path.includes(":")));
  return [...fixed].map((path) => {
    const own = allowedMethods(routes, path);
    return { path, methods: all.filter((method) => !own.includes(method)) };
  });
}

async function run(frame: Frame, asked: Route, context: Context): Promise<Response> {
  const startedAt = performance.now();
  const identified = identify(context, frame);
  const verdict = frame.originCheck.look(identified.request.headers);
  const route = verdict && "refusal" in verdict ? refusing(verdict.refusal) : asked;
  const allowedOrigin = verdict && "allowedOrigin" in verdict ? verdict.allowedOrigin : undefined;
  const span = frame.tracing && startSpan(frame.tracing, route, identified);
  let call = span ? { ...identified, traceparent: span.traceparent } : identified;
  const finished = { route, span, startedAt, allowedOrigin };
  if (frame.inFlight >= frame.requestsMax && !route.unbounded) {
    return finish(frame, { ...finished, call }, await shown(frame, problem("overloaded"), call));
  }
  frame.inFlight++;
  let giveBack: (() => void) | undefined;
  try {
    if (route.access !== "public" && route.access !== "signature") {
      // Most are known at once: an await would cost each of these requests a turn of the event loop.
      const stranger = strangerOf(call);
      const who = frame.gate.identify(call.request.headers, stranger?.count);
      const known = who instanceof Promise ? await who : who;
      await (isUnproven(known) ? stranger?.count() : stranger?.known());
      const admitted = admit(route.access, { call, who: known, ...route });
      if ("refusal" in admitted) {
        frame.gate.onRefused?.({ who: known, action: route.access, origin: addressOf(call) });
        return finish(frame, { ...finished, call }, await shown(frame, admitted.refusal, call));
      }
      call = admitted.call;
      if (frame.shares && call.principal.role !== "anybody") {
        const share = await frame.shares.take(call.principal, route.method === "GET" ? "read" : "write");
        if (typeof share !== "function") {
          return finish(frame, { ...finished, call }, await shown(frame, beyond(share), call));
        }
        giveBack = share;
      }
    }
    const refusal = frame.documented === false ? undefined : unknownParameters(route, call.request.url);
    const answer = await shown(frame, refusal ?? (await route.handle(call)), call);
    return finish(frame, { ...finished, call }, answer);
  } catch (error) {
    if (error instanceof ClientGone) {
      return finish(frame, { ...finished, call }, new Response(null, { status: CLIENT_GONE_STATUS }));
    }
    const answer = await shown(frame, problemOf(error), call);
    return finish(frame, { ...finished, call, error }, answer);
  } finally {
    frame.inFlight--;
    giveBack?.();
  }
}

function shown(frame: Frame, answer: Answer | Response, call: Call): typeof answer | Promise<typeof answer> {
  if (!frame.showProblem || answer instanceof Response) return answer;
  if (answer.headers["content-type"] !== PROBLEM_CONTENT_TYPE) return answer;
  return inOtherForm(frame.showProblem(answer, call), answer);
}

async function inOtherForm(form: ReturnType<NonNullable<HttpOptions["showProblem"]>>, answer: Answer) {
  return (await form) ?? answer;
}

/** Hono answers HEAD by GET and drops the body: Bun would then send a length of 0, and a stream would never be closed. */
async function runHead(frame: Frame, route: Route, context: Context): Promise<Response> {
  const response = await run(frame, route, context);
  const type = response.headers.get("content-type") ?? "";
  if (/^(?:application|text\/(?:html|plain))/.test(type)) {
    response.headers.set("content-length", String((await response.arrayBuffer()).byteLength));
  } else {
    await response.body?.cancel();
  }
  return response;
}
