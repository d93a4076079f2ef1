import { EVENT_TOPICS } from "@millrace/contract/topics";
import { createKafka } from "@millrace/kafka/client";
import { startSupervisor } from "@millrace/partitions/supervisor";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { serveProbes } from "@millrace/platform/probes";
import { runUntilStopped } from "@millrace/platform/shutdown";

const config = readConfig();
const log = createLog("projector", config.LOG_LEVEL);
const supervisor = startSupervisor({
  kafka: createKafka({ brokers: config.KAFKA_BROKERS, clientId: "projector", log }),
  log,
  groupId: "projector",
  topics: Object.values(EVENT_TOPICS),
  worker: new URL("./worker.ts", import.meta.url),
  mailboxRecordsMax: config.MILLRACE_MAILBOX_RECORDS_MAX,
});
supervisor.start();

const probes = serveProbes({
  host: config.HOST,
  port: config.PROJECTOR_PORT,
  notReady: () => supervisor.notReady(),
  details: () => supervisor.status(),
});

runUntilStopped({
  log,
  drainMs: config.MILLRACE_DRAIN_MS,
  async stop() {
    await supervisor.stop();
    await probes.stop();
  },
});
