// For tests: a broker that asks who somebody is and what they may, with a principal for each app and one that may all.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { kafkaSecurity } from "@millrace/kafka/security";
import { type Guard, startGuard } from "@millrace/local/guard";
import { startKafka } from "@millrace/local/kafka";
import { freePort } from "@millrace/local/ports";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { KAFKA_LOGINS, type KafkaLogin } from "@millrace/rights/kafka-matrix";
import { shop } from "@millrace/shop/shop";

/** The login that sets the cluster up, which may do everything. */
export type Somebody = KafkaLogin | "admin";

export interface SecuredKafka {
  readonly guard: Guard;
  /** What somebody signs in with. */
  variablesOf(who: Somebody): Record<string, string>;
  clientOf(who: Somebody): KafkaClient;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LISTENER = "listener.name.entrance0";

export async function startSecuredKafka(): Promise<SecuredKafka> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-secured-"));
  const guard = startGuard();
  guard.removeAtEnd(directory);
  const port = await freePort();
  const users = [...KAFKA_LOGINS, "admin"].map((who) => `user_${nameOf(who)}="${passwordOf(who)}"`);
  const kafka = await startKafka({
    directory,
    cache: join(ROOT, ".millrace/cache"),
    guard,
    entrances: [{ port, advertised: port, protocol: "SASL_PLAINTEXT" }],
    properties: {
      [`${LISTENER}.sasl.enabled.mechanisms`]: "PLAIN",
      [`${LISTENER}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.join(" ")};`,
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      // The broker is ANONYMOUS to itself, by a listener that clients are not given.
      "super.users": `User:ANONYMOUS;User:${nameOf("admin")}`,
    },
  });
  const variablesOf = (who: Somebody) => ({
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    KAFKA_SASL_MECHANISM: "plain",
    KAFKA_SASL_USERNAME: nameOf(who),
    KAFKA_SASL_PASSWORD: passwordOf(who),
  });
  return {
    guard,
    variablesOf,
    clientOf(who) {
      const config = readConfig(variablesOf(who));
      return createKafka({
        names: shop.kafkaNames,
        brokers: config.KAFKA_BROKERS,
        security: kafkaSecurity(config),
        clientId: "secured-test",
        log: createLog("secured-test", "silent"),
      });
    },
    async stop() {
      await kafka.kill();
      await guard.close();
    },
  };
}

/** KAFKA_PRINCIPALS, where it is not set. */
function nameOf(who: string): string {
  return `millrace-${who}`;
}

function passwordOf(who: string): string {
  return `correct-horse-of-${who}`;
}
