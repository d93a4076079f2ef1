import { assertMayListen } from "@millrace/platform/access-mode";
import type { Log } from "@millrace/platform/log";
import { openPort, type Place } from "@millrace/platform/open-port";
import type { HttpApp } from "./server.ts";

export interface ListenOptions extends Place {
  readonly log: Log;
}

export interface Listening {
  readonly port: number;
  /** Resolves when every request that was taken has been answered. */
  stop(): Promise<void>;
}

/** Seconds that a silent connection stays open: longer than the longest wait a client may ask for, shorter than proxies keep one. */
const IDLE_TIMEOUT_SECONDS = 60;
/** Milliseconds between checks whether all requests have been answered. */
const DRAIN_LOOK_MS = 10;
/** Largest body that Bun lets through. Routes refuse at their own, lower bound, with a problem document. */
const BODY_BYTES_BACKSTOP = Number.MAX_SAFE_INTEGER;

/** Serves the app. @throws InvalidConfig where the port can't be opened, or other machines could reach a server with open access */
export function listen(app: HttpApp, options: ListenOptions): Listening {
  assertMayListen(app.exposure, options.host);
  const server = openPort(options, () =>
    Bun.serve({
      hostname: options.host,
      port: options.port,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      maxRequestBodySize: BODY_BYTES_BACKSTOP,
      fetch: app.fetch,
      error(error) {
        options.log.error({ err: error }, "request failed outside its route");
        return new Response(null, { status: 500 });
      },
    }),
  );
  return {
    port: server.port ?? options.port,
    async stop() {
      app.drain();
      // Closes the listening socket at once; its promise would wait for idle keep-alive connections.
      void server.stop(false);
      while (server.pendingRequests > 0) await Bun.sleep(DRAIN_LOOK_MS);
      await server.stop(true);
    },
  };
}
