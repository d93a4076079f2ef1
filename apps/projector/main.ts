import { storePermit } from "@millrace/audit/lost-events";
import { startSampler } from "@millrace/audit/sampler";
import { topicOf } from "@millrace/events/topics";
import { kafkaOf } from "@millrace/kafka/client";
import { installationPermit } from "@millrace/kafka/installation";
import { GROUPS } from "@millrace/kafka/names";
import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres } from "@millrace/platform/postgres";
import { missingForWrites, watchPostgres } from "@millrace/platform/postgres-state";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { measurePartitions } from "@millrace/projector/metrics";
import { startSupervisor } from "@millrace/projector/supervisor";
import { shop } from "@millrace/shop/shop";
import { recordSettings } from "@millrace/trail/settings";

const config = readAppConfig("projector");
const log = createLog("projector", config.LOG_LEVEL);
const tracing = await startTracing("projector", config, log);
const mailboxRecordsMax = config.MILLRACE_MAILBOX_RECORDS_MAX;
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: "projector", log });
// The actors have connections of their own; this one is for the permit and for scrapes.
const { sql } = connectPostgres({ url: config.DATABASE_URL, name: "projector-metrics", connectionsMax: 1 });
void recordSettings({ sql, log }, { app: "projector", config });
const supervisor = startSupervisor({
  kafka,
  permit: storePermit(installationPermit({ sql, kafka, brokers: config.KAFKA_BROKERS, log }), {
    sql,
    kafka,
    log,
  }),
  log,
  tracing,
  groupId: GROUPS.projector,
  // Of every aggregate: webhooks may be wanted of one that has no read model.
  topics: shop.aggregates.map(({ name }) => topicOf(name)),
  worker: new URL("./worker.ts", import.meta.url),
  mailboxRecordsMax,
});
supervisor.start();

const metrics = createMetrics("projector");
measurePartitions(metrics, { supervisor, mailboxRecordsMax, sql });
const postgres = watchPostgres(sql);
const sampler = startSampler({
  databaseUrl: config.DATABASE_URL,
  models: shop.readModels,
  snapshots: shop.snapshots,
  kafka,
  log,
  metrics,
  intervalMs: config.MILLRACE_AUDIT_MS,
});

const probes = serveProbes(config, {
  port: config.PROJECTOR_PORT,
  portVariable: "PROJECTOR_PORT",
  notReady: async () => supervisor.notReady() ?? missingForWrites(await postgres()),
  details: () => ({ ...supervisor.status() }),
  metrics,
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await Promise.all([supervisor.stop(), sampler.stop()]);
    await sql.end({ timeout: 2 });
    await probes.stop();
    await tracing?.stop();
  },
});
