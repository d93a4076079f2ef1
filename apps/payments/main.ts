import { EVENT_TOPICS } from "@millrace/contract/topics";
import { createAppender } from "@millrace/event-store/append";
import { createLoader } from "@millrace/event-store/load";
import { createKafka } from "@millrace/kafka/client";
import { startSupervisor } from "@millrace/partitions/supervisor";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startDispatcher } from "./dispatcher.ts";
import { boundGateway } from "./gateway.ts";
import { createSimulatedGateway } from "./simulated-gateway.ts";

/** Two for appends, one for loads, the rest for tasks and the simulated gateway's books. */
const CONNECTIONS_MAX = 6;
/** What a task takes beside its longest wait for the gateway, with room for a slow disk. */
const LEASE_BEYOND_CALL_MS = 3_000;
const POLL_MS = 1_000;

const config = readConfig();
const log = createLog("payments", config.LOG_LEVEL);
const { sql, db } = connectPostgres({
  url: config.DATABASE_URL,
  name: "payments",
  connectionsMax: CONNECTIONS_MAX,
});
const appender = createAppender(sql, {
  queueMax: config.MILLRACE_APPEND_QUEUE_MAX,
  batchMax: config.MILLRACE_APPEND_BATCH_MAX,
  flightsMax: config.MILLRACE_APPEND_FLIGHTS_MAX,
});
const dispatcher = startDispatcher({
  sql,
  log,
  process: {
    store: {
      appender,
      loader: createLoader(sql),
      now: () => new Date().toISOString(),
      attemptsMax: config.MILLRACE_TRANSACT_ATTEMPTS_MAX,
    },
    gateway: boundGateway(createSimulatedGateway({ db }), config.MILLRACE_GATEWAY_TIMEOUT_MS),
  },
  callsMax: config.MILLRACE_GATEWAY_CALLS_MAX,
  leaseMs: config.MILLRACE_GATEWAY_TIMEOUT_MS + LEASE_BEYOND_CALL_MS,
  pollMs: POLL_MS,
});
const supervisor = startSupervisor({
  kafka: createKafka({ brokers: config.KAFKA_BROKERS, clientId: "payments", log }),
  log,
  groupId: "payments",
  topics: [EVENT_TOPICS.order],
  worker: new URL("./worker.ts", import.meta.url),
  mailboxRecordsMax: config.MILLRACE_MAILBOX_RECORDS_MAX,
});
supervisor.start();

const probes = serveProbes({
  host: config.HOST,
  port: config.PAYMENTS_PORT,
  notReady: () => supervisor.notReady() ?? dispatcher.notReady(),
  details: () => ({ ...supervisor.status(), dispatcher: dispatcher.status() }),
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
  },
});
