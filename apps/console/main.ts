import { consoleHost, consoleUrl, createAccess } from "@millrace/console/access";
import { loadAssets } from "@millrace/console/assets";
import { createConsole } from "@millrace/console/console";
import { createRebuilds } from "@millrace/console/rebuilds";
import { createHealth, processesOf } from "@millrace/console/workers";
import { listen } from "@millrace/http/listen";
import { kafkaOf } from "@millrace/kafka/client";
import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { createOriginCheck } from "@millrace/platform/origin-check";
import { connectPostgres } from "@millrace/platform/postgres";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { requireCurrency } from "@millrace/shop/currency";
import { shop } from "@millrace/shop/shop";
import { recordSettings } from "@millrace/trail/settings";
import { createSealer } from "@millrace/webhooks/seal";

/** A page asks a handful of things at once; few people look. */
const CONNECTIONS_MAX = 6;

const config = readAppConfig("console");
const log = createLog("console", config.LOG_LEVEL);
const tracing = await startTracing("console", config, log);
const databaseUrl = config.DATABASE_URL;
const { sql, db } = connectPostgres({ url: databaseUrl, name: "console", connectionsMax: CONNECTIONS_MAX });
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: false, log });
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: "console", log });
const host = consoleHost(config);
const access = createAccess({ config, sql, log });
void recordSettings({ sql, log }, { app: "console", config, access: access.gate.exposure.mode });
const rebuilds = createRebuilds({ databaseUrl, loader: new URL("./loader.ts", import.meta.url), kafka, log });
const site = createConsole({
  sql,
  db,
  databaseUrl,
  kafka,
  log,
  currency: config.MILLRACE_CURRENCY,
  models: shop.readModels,
  related: shop.related,
  processes: shop.processes,
  rebuilds,
  webhooks: {
    sealer: createSealer(config.MILLRACE_WEBHOOK_KEYS),
    internal: config.MILLRACE_WEBHOOK_INTERNAL_HOSTS,
  },
  health: createHealth(processesOf(config)),
  access,
  assets: await loadAssets(),
  metrics: createMetrics("console"),
  // Whatever pages may call the APIs, none but its own may call the console.
  originCheck: createOriginCheck({ host, hosts: [...config.MILLRACE_HOSTS, consoleUrl(config).hostname] }),
  tracing,
});
const server = listen(site.app, { host, port: config.CONSOLE_PORT, portVariable: "CONSOLE_PORT", log });
log.info({ port: server.port, access: access.gate.exposure.mode }, "console listens");

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    site.release();
    // A client that takes nothing off its socket is not waited for.
    await Promise.race([server.stop(), Bun.sleep(config.MILLRACE_DRAIN_MS / 2)]);
    await site.stop();
    await rebuilds.stop();
    await sql.end({ timeout: 1 });
    await tracing?.stop();
  },
});
