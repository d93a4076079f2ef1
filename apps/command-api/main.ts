// The command API as a process.

import { createGate } from "@millrace/access/create-gate";
import { createGuestLinks } from "@millrace/access/guest-links";
import { createShares } from "@millrace/access/shares";
import { callbackRoutes } from "@millrace/callbacks/callback-routes";
import { readCallbackSecrets } from "@millrace/callbacks/secrets";
import { createCommandApi, type RunningCommandApi } from "@millrace/commands/command-api";
import { keepForgetting, secondsOfCommands } from "@millrace/commands/forgetting";
import { createIntake, decideAgain } from "@millrace/commands/intake";
import { intakeStatus } from "@millrace/commands/intake-status";
import { createParkedCommands } from "@millrace/commands/parked-commands";
import { createReplies } from "@millrace/commands/replies";
import { createReplyTopics } from "@millrace/commands/reply-topics";
import { listen } from "@millrace/http/listen";
import { kafkaOf } from "@millrace/kafka/client";
import { consumeEach } from "@millrace/kafka/consume-each";
import { installationPermit } from "@millrace/kafka/installation";
import { measureConsumer } from "@millrace/kafka/measure-consumer";
import { GROUPS, ourTopics } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createTopicPartitions } from "@millrace/kafka/topic-partitions";
import { recordsKeptMs } from "@millrace/kafka/topics";
import { readAppConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { originCheckOf } from "@millrace/platform/origin-check";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { requireCurrency } from "@millrace/shop/currency";
import { shopSettings } from "@millrace/shop/settings";
import { shop } from "@millrace/shop/shop";
import { forgetCommands } from "@millrace/store/commands";
import { forgetAnswers } from "@millrace/store/idempotency";
import { createSample } from "@millrace/trail/sample";
import { recordSettings } from "@millrace/trail/settings";
import { createSealer } from "@millrace/webhooks/seal";
import { webhookRoutes } from "@millrace/webhooks/webhook-routes";

const NAME = "command-api";
/** Loads and looks beside the append flights: short statements, so a few connections serve thousands. */
const READ_CONNECTIONS = 4;

const config = readAppConfig("command-api");
const log = createLog(NAME, config.LOG_LEVEL);
const metrics = createMetrics(NAME);
const calledBack = shop.processes.filter(({ callbacks }) => callbacks).map(({ name }) => name);
const secrets = readCallbackSecrets(config.MILLRACE_CALLBACK_SECRETS, calledBack);
const sealer = createSealer(config.MILLRACE_WEBHOOK_KEYS);
const tracing = await startTracing(NAME, config, log);
const { sql, db } = connectPostgres({
  url: config.DATABASE_URL,
  name: NAME,
  connectionsMax: config.MILLRACE_APPEND_FLIGHTS_MAX + READ_CONNECTIONS,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: true, log });
void recordSettings({ sql, log }, { app: NAME, config });
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: NAME, log });
const permit = installationPermit({ sql, kafka, brokers: config.KAFKA_BROKERS, log });
const publisher = createPublisher(kafka, { permit });
const publisherInTrouble = createPublisher(kafka, { permit });
const topicPartitions = createTopicPartitions(kafka);

const api: RunningCommandApi = createCommandApi({
  aggregates: shop.aggregates,
  settings: shopSettings(config),
  kafka,
  config,
  sql,
  log,
  metrics,
  originCheck: originCheckOf(config),
  gate: createGate(config, { sql, refusals: createSample({ sql, log }) }),
  shares: createShares(config, config.MILLRACE_REQUESTS_MAX),
  tracing,
  // A gateway lets through whom it knows itself.
  guests: createGuestLinks(config.MILLRACE_GUEST_SECRETS),
  moreRoutes: (bodies) => [
    ...callbackRoutes({ sql, log, metrics, bodies, processes: shop.processes, secrets }),
    ...webhookRoutes({ sql, bodies, sealer, internal: config.MILLRACE_WEBHOOK_INTERNAL_HOSTS }),
  ],
  details: () => ({
    ...intakeStatus(intake),
    unreadable: intake.unreadable(),
    heldUp: intake.heldUp(),
    submitted: api.runner.depth(),
  }),
});
const parked = createParkedCommands(db, log);
const repliesTotal = metrics.counter(
  "millrace_replies_total",
  "Replies to commands from Kafka, by what became of them.",
  ["outcome"],
);
const replies = createReplies({
  replyTopics: createReplyTopics({
    own: ourTopics(kafka),
    allowed: config.MILLRACE_REPLY_TOPICS,
  }),
  publisher,
  publisherInTrouble,
  partitionsOf: topicPartitions.count,
  log,
  observe: (outcome, count) => repliesTotal.inc({ outcome }, count),
});
const deciding = {
  executor: api.executor,
  readNamed: api.readNamed,
  senderBy: api.senderBy,
  bodyBytesMax: api.bodyBytesMax,
  log,
  tracing,
  reply: replies.send,
};
const intake = consumeEach(kafka, {
  groupId: GROUPS.commands,
  topics: [shop.kafkaNames.commandsTopic],
  permit,
  log,
  handle: createIntake({ ...deciding, park: parked.park }),
});
measureConsumer(metrics, intake.unreadable);
metrics.gauge(
  "millrace_intake_waiting_records",
  "Commands from Kafka that were put off and are tried again, while those of other keys go on.",
  () => intake.waiting().length,
);
const forgetting = keepForgetting(config.MILLRACE_IDEMPOTENCY_RETENTION_DAYS, {
  forget: async (days) => {
    const kept = await secondsOfCommands(() => recordsKeptMs(kafka, shop.kafkaNames.commandsTopic), log);
    return (await forgetAnswers(sql, days, kept)) + (await forgetCommands(sql, days));
  },
  log,
});

const http = listen(api.http, {
  host: config.HOST,
  port: config.COMMAND_API_PORT,
  portVariable: "COMMAND_API_PORT",
  log,
});
api.runner.start();
intake.start();
parked.start((topic, record) => decideAgain(deciding, topic, record));
log.info({ port: http.port }, "serving");

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await http.stop();
    await Promise.all([forgetting.stop(), intake.stop(), parked.stop()]);
    await api.runner.stop();
    await api.appender.drain();
    await replies.stop();
    await Promise.all([publisher.disconnect(), publisherInTrouble.disconnect(), topicPartitions.stop()]);
    await sql.end();
    await tracing?.stop();
  },
});
