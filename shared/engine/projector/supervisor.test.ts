import { expect, test } from "bun:test";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createLog } from "@millrace/platform/log";
import { startSupervisor } from "./supervisor.ts";

// Seen to fail without: its consumer joined for ever, so that a shop without a process never became ready.
test("where there is nothing to read, a supervisor is ready, asks Kafka for nothing, and stops", async () => {
  const log = createLog("supervisor-test", "silent");
  const nobody = createKafka({ names: NO_NAMES, brokers: ["127.0.0.1:1"], clientId: "test", log });
  const supervisor = startSupervisor({
    ...{ kafka: nobody, log, groupId: "supervisor-test", topics: [], mailboxRecordsMax: 1 },
    worker: new URL("unused.ts", import.meta.url),
  });
  supervisor.start();
  expect(supervisor.notReady()).toBeUndefined();
  expect(supervisor.status()).toMatchObject({ consumer: "stopped", partitions: [] });
  await supervisor.stop();
});

test("one that reads nothing yet says so, what that means, and what to do", async () => {
  const log = createLog("supervisor-test", "silent");
  const nobody = createKafka({ names: NO_NAMES, brokers: ["127.0.0.1:1"], clientId: "test", log });
  const supervisor = startSupervisor({
    ...{ kafka: nobody, log, groupId: "supervisor-test", topics: ["notes"], mailboxRecordsMax: 1 },
    worker: new URL("unused.ts", import.meta.url),
  });
  expect(supervisor.notReady()).toMatch(/^nothing is read from Kafka, .* events wait there .* look at Kafka/);
  await supervisor.stop();
});
