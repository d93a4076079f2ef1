// Brings the database and the topics to what this checkout needs, and ends: 0 when they are there, 1 when not.
// Must never take anything away: it runs before every start, beside processes of the version before.

import { ensureTopics } from "@millrace/kafka/admin";
import { kafkaOf } from "@millrace/kafka/client";
import { requireInstallation } from "@millrace/kafka/installation";
import { InvalidConfig, readConfig } from "@millrace/platform/config";
import { describe, isLasting } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres } from "@millrace/platform/postgres";
import { grantRights } from "@millrace/rights/grant";
import { grantKafkaRights } from "@millrace/rights/grant-kafka";
import { shop } from "@millrace/shop/shop";

/** Servers that start beside us answer within seconds; past this something is wrong that waiting won't mend. */
const READY_WITHIN_MS = 60_000;
const TRY_AGAIN_MS = 1_000;

const config = readConfig();
const log = createLog("migrate", config.LOG_LEVEL);
const kafka = kafkaOf(config, { names: shop.kafkaNames, clientId: "migrate", log });

// As process 1 of a container it would not hear them.
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(1));

try {
  await Promise.all([
    persist("the schema", "DATABASE_URL", () =>
      migrate(config.DATABASE_URL, { log: (line) => log.info(line) }),
    ),
    persist("the topics", "KAFKA_BROKERS", () => ensureTopics(kafka, shop.topicSizing(config))),
  ]);
  await persist("the apps' roles", "DATABASE_URL", () =>
    grantRights({
      databaseUrl: config.DATABASE_URL,
      rightsOf: shop,
      prefix: config.DATABASE_ROLE_PREFIX,
      passwords: config.DATABASE_ROLE_PASSWORDS,
      log,
    }),
  );
  if (config.KAFKA_PRINCIPALS !== undefined)
    await persist("the apps' ACLs", "KAFKA_BROKERS", async () => {
      const missing = await grantKafkaRights({ kafka, config });
      if (missing > 0) log.info({ acls: missing }, "the apps' ACLs are as they should be");
    });
  const { sql } = connectPostgres({ url: config.DATABASE_URL, name: "migrate", connectionsMax: 1 });
  await persist("the claim on Kafka's names", "KAFKA_BROKERS", () =>
    requireInstallation({ sql, kafka, brokers: config.KAFKA_BROKERS, log }),
  );
  log.info("the schema and the topics are there");
  process.exit(0);
} catch (error) {
  log.fatal({ err: error }, "could not be brought up to date");
  process.exit(1);
}

/** All are safe to repeat, whatever the try before came to. @throws at once what no wait mends, naming the variable. */
async function persist(name: string, variable: string, work: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (error instanceof InvalidConfig) throw error;
      if (isLasting(error) || Date.now() > deadline)
        throw new Error(`${name} could not be made on what ${variable} names`, { cause: error });
      log.warn({ variable, cause: describe(error) }, `${name} can't be made yet, trying again`);
      await Bun.sleep(TRY_AGAIN_MS);
    }
  }
}
