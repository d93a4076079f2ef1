// Health and metrics of the processes that serve nothing else.
import { assertMayListen, exposureOf } from "./access-mode.ts";
import type { Config } from "./config.ts";
import { type Metrics, measureReadiness } from "./metrics.ts";
import { openPort, type Place } from "./open-port.ts";
import { type OriginCheck, originCheckOf } from "./origin-check.ts";

export interface Probes extends Omit<Place, "host"> {
  /** Undefined when ready, else what is missing. */
  notReady(): string | undefined | Promise<string | undefined>;
  /** More to show on /readyz: states, depths. */
  details?(): Record<string, unknown> | Promise<Record<string, unknown>>;
  /** Shown on /metrics. */
  readonly metrics: Metrics;
}

/** Serves /healthz, /readyz and /metrics on HOST. @throws as `openPort` and `assertMayListen` */
export function serveProbes(
  config: Config,
  probes: Probes,
): { readonly port: number; stop(): Promise<void> } {
  assertMayListen(exposureOf(config), config.HOST);
  measureReadiness(probes.metrics, probes.notReady);
  const originCheck = originCheckOf(config);
  const place = { ...probes, host: config.HOST };
  const server = openPort(place, () =>
    Bun.serve({
      hostname: place.host,
      port: place.port,
      async fetch(request) {
        const response = await answer(originCheck, probes, request);
        response.headers.set("x-content-type-options", "nosniff");
        return response;
      },
    }),
  );
  return { port: server.port ?? probes.port, stop: () => server.stop(true) };
}

async function answer(originCheck: OriginCheck, probes: Probes, request: Request): Promise<Response> {
  const verdict = originCheck.look(request.headers);
  if (verdict && "refusal" in verdict) return problem(verdict.refusal);
  // Of a request without a Host, Bun's URL is its path alone.
  switch (new URL(request.url, "http://localhost").pathname) {
    case "/healthz":
      return Response.json({ status: "ok" });
    case "/readyz":
      return readiness(probes);
    case "/metrics":
      return probes.metrics.response();
  }
  return problem({ status: 404, code: "route_not_found", detail: "Nothing is served at this path." });
}

async function readiness(probes: Probes): Promise<Response> {
  const missing = await probes.notReady();
  const body = {
    status: missing ? "not ready" : "ready",
    ...(missing ? { missing } : {}),
    ...(await probes.details?.()),
  };
  return Response.json(body, { status: missing ? 503 : 200 });
}

/** As @millrace/http answers, which this package may not import. */
function problem(said: { status: number; code: string; detail: string }): Response {
  const headers = { "content-type": "application/problem+json" };
  return Response.json({ type: `/problems/${said.code}`, ...said }, { status: said.status, headers });
}
