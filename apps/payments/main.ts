import { topicOf } from "@millrace/events/topics";
import { createKafka } from "@millrace/kafka/client";
import { installationPermit } from "@millrace/kafka/installation";
import { kafkaSecurity } from "@millrace/kafka/security";
import { exposureOf } from "@millrace/platform/access-mode";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { originCheckOf } from "@millrace/platform/origin-check";
import type { Pace } from "@millrace/platform/pace";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { missingForWrites, watchPostgres } from "@millrace/platform/postgres-state";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { measurePartitions } from "@millrace/projector/metrics";
import { startSupervisor } from "@millrace/projector/supervisor";
import { requireCurrency } from "@millrace/shop/currency";
import { createGateway, gatewayNameOf } from "@millrace/shop/payment/choose-gateway";
import { boundGateway } from "@millrace/shop/payment/gateway";
import { startDispatcher } from "@millrace/shop/payment/process/dispatcher";
import { measuredGateway, measureTasks } from "@millrace/shop/payment/process/metrics";
import { mayHaveEffect } from "@millrace/shop/payment/process/task-handler";
import { PAYMENTS_GROUP, shop } from "@millrace/shop/shop";
import { createLoader } from "@millrace/store/load";
import { measuredAppender } from "@millrace/store/measured-appender";
import { measuredQueues } from "@millrace/store/measured-queues";
import { createSnapshots } from "@millrace/store/snapshots";

/** Two for appends, one for loads, the rest for tasks and the simulated gateway's books. */
const CONNECTIONS_MAX = 6;
/** What a task takes beside its longest wait for the gateway, with room for a slow disk. */
const LEASE_BEYOND_CALL_MS = 3_000;
/** Between looks that nobody asked for: what is due is known, and what is new is notified. */
const POLL_MS = 5_000;
/**
 * A payment takes as long as the gateway does, and most orders of most shops are not paid here at all. Looking more
 * often would only take the cores from those who make the same records readable. What comes after a rest is looked at
 * at once.
 */
const PACE: Pace = (records) => Math.min(Math.max(100, 2 * records), 150);

const config = readConfig();
const gatewayName = gatewayNameOf(config);
const log = createLog("payments", config.LOG_LEVEL);
const metrics = createMetrics("payments");
const tracing = await startTracing("payments", config, log);
const { sql, db } = connectPostgres({
  url: config.DATABASE_URL,
  name: "payments",
  connectionsMax: CONNECTIONS_MAX,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: false, log });
const appendBounds = {
  queueMax: config.MILLRACE_APPEND_QUEUE_MAX,
  queueBytesMax: config.MILLRACE_APPEND_QUEUE_BYTES_MAX,
  batchMax: config.MILLRACE_APPEND_BATCH_MAX,
  flightsMax: config.MILLRACE_APPEND_FLIGHTS_MAX,
};
const appender = measuredAppender(sql, appendBounds, metrics);
const gateway = boundGateway(createGateway(gatewayName, db), {
  timeoutMs: config.MILLRACE_GATEWAY_TIMEOUT_MS,
  log,
});
const callsMax = config.MILLRACE_GATEWAY_CALLS_MAX;
const dispatcher = startDispatcher({
  sql,
  log,
  process: {
    store: {
      appender,
      loader: createLoader(sql),
      snapshots: createSnapshots(sql, log),
      now: () => new Date().toISOString(),
      queues: measuredQueues({ waitingMax: config.MILLRACE_APPEND_QUEUE_MAX }, metrics),
      raceMsMax: config.MILLRACE_RACE_MS_MAX,
      tracing,
    },
    gateway: measuredGateway(gateway, metrics),
  },
  callsMax,
  leaseMs: config.MILLRACE_GATEWAY_TIMEOUT_MS + LEASE_BEYOND_CALL_MS,
  pollMs: POLL_MS,
});
const mailboxRecordsMax = config.MILLRACE_MAILBOX_RECORDS_MAX;
const kafka = createKafka({
  names: shop.kafkaNames,
  brokers: config.KAFKA_BROKERS,
  security: kafkaSecurity(config),
  prefix: config.MILLRACE_KAFKA_PREFIX,
  clientId: "payments",
  log,
});
const supervisor = startSupervisor({
  kafka,
  permit: installationPermit({ sql, kafka, brokers: config.KAFKA_BROKERS, log }),
  log,
  tracing,
  groupId: PAYMENTS_GROUP,
  topics: [topicOf("order")],
  worker: new URL("./worker.ts", import.meta.url),
  mailboxRecordsMax,
  mayHaveEffect,
  pace: PACE,
});
supervisor.start();
measurePartitions(metrics, { supervisor, mailboxRecordsMax, sql });
measureTasks(metrics, { sql, dispatcher, callsMax });
const postgres = watchPostgres(sql);

const probes = serveProbes({
  host: config.HOST,
  originCheck: originCheckOf(config),
  exposure: exposureOf(config),
  port: config.PAYMENTS_PORT,
  notReady: async () => supervisor.notReady() ?? dispatcher.notReady() ?? missingForWrites(await postgres()),
  details: () => ({ gateway: gatewayName, ...supervisor.status(), dispatcher: dispatcher.status() }),
  metrics,
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await supervisor.stop();
    await dispatcher.stop();
    await appender.drain();
    await sql.end({ timeout: 2 });
    await probes.stop();
    await tracing?.stop();
  },
});
