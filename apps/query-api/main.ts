import { createGate } from "@millrace/access/create-gate";
import { createShares } from "@millrace/access/shares";
import { listen } from "@millrace/http/listen";
import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { originCheckOf } from "@millrace/platform/origin-check";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { createQueryApi } from "@millrace/queries/query-api";
import { requireCurrency } from "@millrace/shop/currency";
import { shop } from "@millrace/shop/shop";
import { createSample } from "@millrace/trail/sample";
import { recordSettings } from "@millrace/trail/settings";
import { webhookReadRoutes } from "@millrace/webhooks/webhook-read-routes";

/** Lookups share statements, so few connections carry many requests; the rest are for lists and histories. */
const CONNECTIONS_MAX = 8;

const config = readAppConfig("query-api");
const log = createLog("query-api", config.LOG_LEVEL);
const tracing = await startTracing("query-api", config, log);
const { sql } = connectPostgres({
  url: config.DATABASE_URL,
  name: "query-api",
  connectionsMax: CONNECTIONS_MAX,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: false, log });
void recordSettings({ sql, log }, { app: "query-api", config });
const api = createQueryApi({
  sql,
  databaseUrl: config.DATABASE_URL,
  commandApiUrl: config.COMMAND_API_URL,
  currency: config.MILLRACE_CURRENCY,
  shop,
  requestsMax: config.MILLRACE_REQUESTS_MAX,
  log,
  metrics: createMetrics("query-api"),
  originCheck: originCheckOf(config),
  gate: createGate(config, { sql, refusals: createSample({ sql, log }) }),
  shares: createShares(config, config.MILLRACE_REQUESTS_MAX),
  tracing,
  moreRoutes: webhookReadRoutes(sql),
});
const server = listen(api.app, {
  host: config.HOST,
  port: config.QUERY_API_PORT,
  portVariable: "QUERY_API_PORT",
  log,
});
log.info({ port: server.port }, "query API listens");

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    api.release();
    // A client that takes nothing off its socket is not waited for.
    await Promise.race([server.stop(), Bun.sleep(config.MILLRACE_DRAIN_MS / 2)]);
    await api.stop();
    await sql.end({ timeout: 1 });
    await tracing?.stop();
  },
});
