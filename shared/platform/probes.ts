// Health of the processes that serve nothing else.

export interface Probes {
  /** Undefined when ready, else what is missing. */
  notReady(): string | undefined | Promise<string | undefined>;
  /** More to show on /readyz: states, depths. */
  details?(): Record<string, unknown>;
}

/** Serves /healthz and /readyz. @throws when the port is taken. */
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
    },
    fetch: () => Response.json({ code: "route_not_found" }, { status: 404 }),
  });
  return { stop: () => server.stop(true) };
}
