import { storePermit } from "@millrace/audit/lost-events";
import { topicEnds } from "@millrace/kafka/admin";
import { kafkaOf } from "@millrace/kafka/client";
import { installationPermit } from "@millrace/kafka/installation";
import { eventTopics } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createRefusals } from "@millrace/kafka/refusals";
import { tracedPublisher } from "@millrace/kafka/traced-publisher";
import { readAppConfig } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { missingForWrites, watchPostgres } from "@millrace/platform/postgres-state";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { measuredPublisher, measureRelay } from "@millrace/relay/metrics";
import { startRelay } from "@millrace/relay/relay";
import { shop } from "@millrace/shop/shop";
import { recordSettings } from "@millrace/trail/settings";

const config = readAppConfig("relay");
const log = createLog("relay", config.LOG_LEVEL);
const metrics = createMetrics("relay");
const tracing = await startTracing("relay", config, log);
// One, so that a read and a removal travel together; listening has its own.
const { sql } = connectPostgres({
  url: config.DATABASE_URL,
  name: "relay",
  connectionsMax: 1,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
void recordSettings({ sql, log }, { app: "relay", config });
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: "relay", log });
const installation = installationPermit({ sql, kafka, brokers: config.KAFKA_BROKERS, log });
const permit = storePermit(installation, { sql, kafka, log });
const publisher = tracedPublisher(
  measuredPublisher(createPublisher(kafka, { permit, refusals: createRefusals() }), metrics),
  tracing,
);
// While Kafka or Postgres is away, the first publish asks again.
permit().catch((error) => log.warn({ cause: describe(error) }, "nothing is published yet"));
const relay = startRelay({
  sql,
  databaseUrl: config.DATABASE_URL,
  publisher,
  ends: () => endsOfEach(eventTopics(shop.kafkaNames)),
  log,
  pollMs: config.MILLRACE_RELAY_POLL_MS,
  recordsMax: config.MILLRACE_RELAY_BATCH_MAX,
});
measureRelay(metrics, { sql, relay });
const postgres = watchPostgres(sql);

const probes = serveProbes(config, {
  port: config.RELAY_PORT,
  portVariable: "RELAY_PORT",
  notReady: async () => relay.notReady() ?? missingForWrites(await postgres()),
  details: () => relay.status(),
  metrics,
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await relay.stop();
    await publisher.disconnect();
    await sql.end({ timeout: 2 });
    await probes.stop();
    await tracing?.stop();
  },
});

/** Of the topics that are there: one that is gone says nothing of the others. */
async function endsOfEach(topics: readonly string[]) {
  const ends = await Promise.allSettled(topics.map((topic) => topicEnds(kafka, [topic])));
  return ends.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}
