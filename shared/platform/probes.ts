// Health and metrics of the processes that serve nothing else.
import type { Metrics } from "./metrics.ts";

export interface Probes {
  /** Undefined when ready, else what is missing. */
  notReady(): string | undefined | Promise<string | undefined>;
  /** More to show on /readyz: states, depths. */
  details?(): Record<string, unknown>;
  /** Shown on /metrics. */
  readonly metrics?: Metrics;
}

/** Serves /healthz, /readyz and, where there are metrics, /metrics. @throws when the port is taken. */
export function serveProbes(options: { host: string; port: number } & Probes): { stop(): Promise<void> } {
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    routes: {
      "/healthz": () => Response.json({ status: "ok" }),
      "/readyz": async () => {
        const missing = await options.notReady();
        const body = {
          status: missing ? "not ready" : "ready",
          ...(missing ? { missing } : {}),
          ...options.details?.(),
        };
        return Response.json(body, { status: missing ? 503 : 200 });
      },
      "/metrics": () => options.metrics?.response() ?? notFound(),
    },
    fetch: notFound,
  });
  return { stop: () => server.stop(true) };
}

function notFound(): Response {
  return Response.json({ code: "route_not_found" }, { status: 404 });
}
