// The frame of both APIs: ids, bounds, errors and logs around a table of routes. Must never know what a
// route is about.
import { type Context, Hono } from "hono";
import { type Gate, isUnproven, openGate } from "@millrace/access/gate";
import { isRouteAccess } from "@millrace/access/may";
import type { Shares } from "@millrace/access/shares";
import type { Exposure } from "@millrace/platform/access-mode";
import { isRetryable } from "@millrace/platform/failure";
import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import type { Log } from "@millrace/platform/log";
import { type Metrics, measureReadiness } from "@millrace/platform/metrics";
import { createOriginCheck, type OriginCheck } from "@millrace/platform/origin-check";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { addressOf } from "./address.ts";
import { admit } from "./admit.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { CLIENT_GONE_STATUS, ClientGone } from "./client-gone.ts";
import { corsHeaders } from "./cors.ts";
import { documentationRoutes } from "./documentation-routes.ts";
import { identify } from "./identify.ts";
import { probeRoutes } from "./probe-routes.ts";
import { beyond, PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemKind, problem, problemOf } from "./problem.ts";
import { render, stamped } from "./render.ts";
import type { Answer, Call, Route } from "./route.ts";
import { refusing, unmatched } from "./stand-in.ts";
import { strangerOf } from "./stranger.ts";
import { unknownParameters } from "./unknown-parameters.ts";

export interface HttpOptions {
  /** Of the API, in its documentation. */
  readonly title: string;
  readonly description: string;
  readonly routes: readonly Route[];
  /** Requests under way at once; past it callers get 503. */
  readonly requestsMax: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Which names and pages are answered; without one, those of this machine. */
  readonly originCheck?: OriginCheck | undefined;
  /** Who may come in; without one everybody, and then on loopback alone. */
  readonly gate?: Gate | undefined;
  /** How much one principal may ask for; without it as much as all may. */
  readonly shares?: Shares | undefined;
  /**
   * Whether it is described on /docs and in /openapi.json, and refuses what stands in neither: an API is, a site for
   * people is not.
   */
  readonly documented?: boolean;
  /** Problems beside the engine's own, by their codes: refusals. */
  readonly problems?: Readonly<Record<string, ProblemKind>>;
  /** Where else to go, by what for: shown at / of an API. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The AsyncAPI document of what it has to do with Kafka; made once, when /asyncapi.json is first asked for. */
  asyncapi?(): unknown;
  /** Shows a problem in another form than as a problem document; undefined where that is what is wanted. */
  showProblem?(problem: Answer, call: Call): Response | undefined | Promise<Response | undefined>;
  /** A span a request where there is one. */
  readonly tracing?: Tracing | undefined;
  /** Undefined when ready, else what is missing. */
  notReady(): string | undefined | Promise<string | undefined>;
  /** More to show on /readyz. */
  details?(): Record<string, unknown>;
}

export interface HttpApp {
  readonly fetch: Hono["fetch"];
  /** For tests: a request without a port. */
  readonly request: Hono["request"];
  /** Whether callers are asked who they are. */
  readonly exposure: Exposure;
  /** From now on every answer closes its connection, and /readyz says no. */
  drain(): void;
}

interface Frame extends HttpOptions {
  readonly gate: Gate;
  readonly originCheck: OriginCheck;
  inFlight: number;
  draining: boolean;
  observe(route: Route, status: number, seconds: number): void;
}

/**
 * Routes and what stands around them. @throws for a route that does not say who may use it. Each route has one Hono handler and there is no middleware, so that
 * Hono calls it straight.
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

/** Types say so already; a route that was made around them must not be everybody's by mistake. */
function assertAccessStated({ method, path, access }: Route): void {
  if (isRouteAccess(access)) return;
  throw new Error(
    `${method} ${path} does not say who may use it: its access is ${JSON.stringify(access)}, expected "public", "signature" or an action such as "things:read"`,
  );
}

/** Of a request without a Host, as old balancers' checks send it, Bun's URL is its path alone, where no route is found. */
function withWholeUrl(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

/** Of paths without parameters, the methods that a path with one in their place would answer. */
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
  const identified = identify(context, frame.shares);
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
      // Most are known already, and waiting for what is there would cost each a turn of the event loop.
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

/** Hono answers HEAD by GET and drops the body, which Bun would then call empty; a stream would never be closed. */
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

/** What follows from the request follows from this span. Probes are looked at too often to be worth one. */
function startSpan(tracing: Tracing, route: Route, call: Call): Span | undefined {
  if (route.unbounded) return undefined;
  const { method } = call.request;
  return tracing.start(`${method} ${route.path}`, {
    kind: "server",
    parent: call.traceparent,
    attributes: {
      "http.request.method": method,
      "http.route": route.path,
      "url.path": call.context.req.path,
      "millrace.request_id": call.requestId,
      "millrace.correlation_id": call.correlationId,
    },
  });
}

interface Finished {
  readonly route: Route;
  readonly call: Call;
  readonly span: Span | undefined;
  readonly startedAt: number;
  /** Of a page that may read the answer, where one asks. */
  readonly allowedOrigin: string | undefined;
  readonly error?: unknown;
}

function finish(frame: Frame, finished: Finished, answer: Answer | Response): Response {
  const { route, call, startedAt, allowedOrigin } = finished;
  const response = answer instanceof Response ? stamped(answer, call) : render(answer, call);
  if (allowedOrigin !== undefined) corsHeaders(response.headers, allowedOrigin);
  if (frame.draining) response.headers.set("connection", "close");
  const ms = performance.now() - startedAt;
  frame.observe(route, response.status, ms / 1000);
  logAccess(frame.log, finished, response.status, ms);
  finished.span?.end({
    attributes: { "http.response.status_code": response.status },
    ...(response.status < 500 ? {} : { failure: `status ${response.status}` }),
  });
  return response;
}

/** At debug level, since a line a request is half of what a request costs; what went wrong is always told. */
function logAccess(log: Log, { route, call, error }: Finished, status: number, ms: number): void {
  if (status < 500 && !log.isLevelEnabled("debug")) return;
  const line = {
    method: call.request.method,
    path: call.context.req.path,
    route: route.path,
    status,
    ms: Math.round(ms * 1000) / 1000,
    requestId: call.requestId,
    correlationId: call.correlationId,
    actor: call.actor,
    ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
    ...(error === undefined ? {} : { err: error }),
  };
  if (status === 500) log.error(line, "request failed");
  else if (status > 500) log.warn({ ...line, retryable: isRetryable(error) }, "request refused");
  else log.debug(line, "request");
}

function observer(metrics: Metrics): Frame["observe"] {
  const latency = metrics.histogram(
    "millrace_http_request_duration_seconds",
    "Time to answer, by route and status.",
    { labels: ["method", "route", "status"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  return (route, status, seconds) => latency.observe(seconds, route.method, route.path, status);
}
