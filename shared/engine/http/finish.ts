// What is done with every answer before it is sent: headers, metrics, the log line, the span.
import { isRetryable } from "@millrace/platform/failure";
import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { corsHeaders } from "./cors.ts";
import { render, stamped } from "./render.ts";
import type { Answer, Call, Route } from "./route.ts";

/** The span of a request, the parent of all that follows from it. Probes are asked too often to be worth one. */
export function startSpan(tracing: Tracing, route: Route, call: Call): Span | undefined {
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

/** What every answer needs of the process that gives it. */
export interface Answering {
  readonly log: Log;
  /** Whether the process is about to end, so that no connection may be used again. */
  readonly draining: boolean;
  observe(route: Route, status: number, seconds: number): void;
}

export interface Finished {
  readonly route: Route;
  readonly call: Call;
  readonly span: Span | undefined;
  readonly startedAt: number;
  /** Origin of the page that sent the request and may read the answer; undefined where no page did. */
  readonly allowedOrigin: string | undefined;
  readonly error?: unknown;
}

/** The answer as it is sent; with it the request is counted, logged and its span ended. */
export function finish(process: Answering, finished: Finished, answer: Answer | Response): Response {
  const { route, call, startedAt, allowedOrigin } = finished;
  const response = answer instanceof Response ? stamped(answer, call) : render(answer, call);
  if (allowedOrigin !== undefined) corsHeaders(response.headers, allowedOrigin);
  if (process.draining) response.headers.set("connection", "close");
  const ms = performance.now() - startedAt;
  process.observe(route, response.status, ms / 1000);
  logAccess(process.log, finished, response.status, ms);
  finished.span?.end({
    attributes: { "http.response.status_code": response.status },
    ...(response.status < 500 ? {} : { failure: `status ${response.status}` }),
  });
  return response;
}

/** At debug level, since a line a request costs as much as half of the request; a 5xx is always logged. */
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

/** Counts answers, by route and status. */
export function observer(metrics: Metrics): Answering["observe"] {
  const latency = metrics.histogram(
    "millrace_http_request_duration_seconds",
    "Time to answer, by route and status.",
    { labels: ["method", "route", "status"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  return (route, status, seconds) => latency.observe(seconds, route.method, route.path, status);
}
