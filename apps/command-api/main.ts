// The command API as a process.
import { COMMANDS_TOPIC } from "@millrace/contract/topics";
import { forgetCommands } from "@millrace/event-store/commands";
import { requireCurrency } from "@millrace/event-store/currency";
import { forgetAnswers } from "@millrace/event-store/idempotency";
import { listen } from "@millrace/http/listen";
import { createKafka } from "@millrace/kafka/client";
import { consumeEach } from "@millrace/kafka/consume-each";
import { measureConsumer } from "@millrace/kafka/measure-consumer";
import { createPublisher } from "@millrace/kafka/publish";
import { kafkaSecurity } from "@millrace/kafka/security";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { originCheckOf } from "@millrace/platform/origin-check";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { runUntilStopped } from "@millrace/platform/shutdown";
import { startTracing } from "@millrace/platform/tracing";
import { createCommandApi } from "./command-api.ts";
import { keepForgetting } from "./forgetting.ts";
import { createIntake, decideAgain } from "./intake.ts";
import { createParkedCommands } from "./parked-commands.ts";
import { createReplies } from "./replies.ts";

const NAME = "command-api";
/** Loads and looks beside the append flights: short statements, so a few connections serve thousands. */
const READ_CONNECTIONS = 4;

const config = readConfig();
const log = createLog(NAME, config.LOG_LEVEL);
const metrics = createMetrics(NAME);
const tracing = await startTracing(NAME, config, log);
const { sql, db } = connectPostgres({
  url: config.DATABASE_URL,
  name: NAME,
  connectionsMax: config.MILLRACE_APPEND_FLIGHTS_MAX + READ_CONNECTIONS,
  settings: { ...PLANNED_ONCE, ...BY_INDEX },
});
await requireCurrency({ sql, currency: config.MILLRACE_CURRENCY, claim: true, log });
const kafka = createKafka({
  brokers: config.KAFKA_BROKERS,
  security: kafkaSecurity(config),
  clientId: NAME,
  log,
});
const publisher = createPublisher(kafka);

const api = createCommandApi({
  config,
  sql,
  log,
  metrics,
  originCheck: originCheckOf(config),
  tracing,
  details: () => ({ intake: intake.state(), unreadable: intake.unreadable(), submitted: api.runner.depth() }),
});
const parked = createParkedCommands(db, log);
const deciding = {
  executor: api.executor,
  newOrder: api.newOrder,
  log,
  tracing,
  reply: createReplies(publisher, log),
};
const intake = consumeEach(kafka, {
  groupId: NAME,
  topics: [COMMANDS_TOPIC],
  log,
  handle: createIntake({ ...deciding, park: parked.park }),
});
measureConsumer(metrics, intake.unreadable);
const forgetting = keepForgetting(config.MILLRACE_IDEMPOTENCY_RETENTION_DAYS, {
  forget: async (days) => (await forgetAnswers(sql, days)) + (await forgetCommands(sql, days)),
  log,
});

const http = listen(api.http, { host: config.HOST, port: config.COMMAND_API_PORT, log });
api.runner.start();
intake.start();
parked.start((topic, record) => decideAgain(deciding, topic, record));
log.info({ port: http.port }, "serving");

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    forgetting.stop();
    await http.stop();
    await Promise.all([intake.stop(), parked.stop()]);
    await api.runner.stop();
    await api.appender.drain();
    await publisher.disconnect();
    await sql.end();
    await tracing?.stop();
  },
});
