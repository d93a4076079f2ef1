import { storePermit } from "@millrace/audit/lost-events";
import { kafkaOf } from "@millrace/kafka/client";
import { installationPermit } from "@millrace/kafka/installation";
import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import type { Pace } from "@millrace/platform/pace";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { missingForWrites, watchPostgres } from "@millrace/platform/postgres-state";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { mayWakeAny, topicsOf } from "@millrace/processes/define-process";
import { startProcesses } from "@millrace/processes/start";
import { measurePartitions } from "@millrace/projector/metrics";
import { startSupervisor } from "@millrace/projector/supervisor";
import { requireCurrency } from "@millrace/shop/currency";
import { shop } from "@millrace/shop/shop";
import { createLoader } from "@millrace/store/load";
import { measuredAppender } from "@millrace/store/measured-appender";
import { measuredQueues } from "@millrace/store/measured-queues";
import { createSnapshots } from "@millrace/store/snapshots";
import { recordSettings } from "@millrace/trail/settings";
import { startWebhooks } from "@millrace/webhooks/start";

/** Two for appends, one for loads, the rest for tasks, what processes keep beside them, and webhooks. */
const CONNECTIONS_MAX = 8;
/**
 * A process takes as long as what it calls, and most events of most shops wake none. Looking more often would only take
 * the cores from those who make the same records readable. What comes after a rest is looked at at once.
 */
const PACE: Pace = (records) => Math.min(Math.max(100, 2 * records), 150);

const config = readAppConfig("processes");
const log = createLog("processes", config.LOG_LEVEL);
const metrics = createMetrics("processes");
const { sql, db } = connectPostgres({
  url: config.DATABASE_URL,
  name: "processes",
  connectionsMax: CONNECTIONS_MAX,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
// Before anything is waited for: what can't be run with these settings says so at once.
const opened = shop.processes.map((process) => process.open({ config, db }));
const tracing = await startTracing("processes", config, log);
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: false, log });
void recordSettings({ sql, log }, { app: "processes", config });
const appender = measuredAppender(
  sql,
  {
    queueMax: config.MILLRACE_APPEND_QUEUE_MAX,
    queueBytesMax: config.MILLRACE_APPEND_QUEUE_BYTES_MAX,
    batchMax: config.MILLRACE_APPEND_BATCH_MAX,
    flightsMax: config.MILLRACE_APPEND_FLIGHTS_MAX,
  },
  metrics,
);
const processes = startProcesses({
  sql,
  log,
  metrics,
  opened,
  store: {
    appender,
    loader: createLoader(sql),
    snapshots: createSnapshots(sql, log),
    now: () => new Date().toISOString(),
    queues: measuredQueues({ waitingMax: config.MILLRACE_APPEND_QUEUE_MAX }, metrics),
    raceMsMax: config.MILLRACE_RACE_MS_MAX,
    tracing,
  },
});
const webhooks = startWebhooks({ sql, log, metrics, config });
const mailboxRecordsMax = config.MILLRACE_MAILBOX_RECORDS_MAX;
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: "processes", log });
const supervisor = startSupervisor({
  kafka,
  permit: storePermit(installationPermit({ sql, kafka, brokers: config.KAFKA_BROKERS, log }), {
    sql,
    kafka,
    log,
  }),
  log,
  tracing,
  groupId: shop.processesGroup,
  topics: topicsOf(shop.processes),
  worker: new URL("./worker.ts", import.meta.url),
  mailboxRecordsMax,
  mayHaveEffect: mayWakeAny(shop.processes),
  pace: PACE,
});
supervisor.start();
measurePartitions(metrics, { supervisor, mailboxRecordsMax, sql });
const postgres = watchPostgres(sql);

const probes = serveProbes(config, {
  port: config.PROCESSES_PORT,
  portVariable: "PROCESSES_PORT",
  notReady: async () => supervisor.notReady() ?? processes.notReady() ?? missingForWrites(await postgres()),
  details: async () => ({
    ...supervisor.status(),
    processes: await processes.status(),
    webhooks: await webhooks.status(),
  }),
  metrics,
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await supervisor.stop();
    await Promise.all([processes.stop(), webhooks.stop()]);
    await appender.drain();
    await sql.end({ timeout: 2 });
    await probes.stop();
    await tracing?.stop();
  },
});
