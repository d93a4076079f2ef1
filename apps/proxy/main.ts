// One address for several processes of a kind, in compose.yaml. Where the platform brings its own balancer,
// as Kubernetes does, nobody needs it.
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { watchBackends } from "./backends.ts";
import { forward } from "./forward.ts";

const config = readConfig();
const log = createLog("proxy", config.LOG_LEVEL);
const routes = config.MILLRACE_PROXY_ROUTES.map((route) => {
  const backends = watchBackends({ host: route.host, port: route.hostPort, log });
  return { backends, forwarder: forward({ host: config.HOST, port: route.port, backends, log }), ...route };
});
await Promise.all(routes.map(({ forwarder }) => forwarder.listening()));

const probes = serveProbes(config, {
  port: config.PROXY_PORT,
  portVariable: "PROXY_PORT",
  notReady: () => {
    const without = routes.filter(({ backends }) => backends.all().length === 0);
    if (without.length === 0) return undefined;
    const names = without.map(({ host }) => host).join(", ");
    return `no process is found by these names: ${names}. Connections for them are closed; they are looked up again every second, so start one`;
  },
  details: () => ({
    routes: routes.map(({ port, host, backends, forwarder }) => ({
      port,
      host,
      connections: forwarder.connections(),
      ready: backends.ready(),
      backends: backends.all(),
    })),
  }),
  metrics: createMetrics("proxy"),
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    // Clients that keep an idle connection open are waited for during half of the time.
    const stopped = routes.flatMap(({ backends, forwarder }) => [
      backends.stop(),
      forwarder.stop(config.MILLRACE_DRAIN_MS / 2),
    ]);
    await Promise.all(stopped);
    await probes.stop();
  },
});
