// What commands work on: configuration, Postgres and Kafka, each opened when a command first uses it.
import type { Command } from "commander";
import { type KafkaClient, kafkaOf } from "@millrace/kafka/client";
import type { KafkaNames } from "@millrace/kafka/names";
import { type Config, readConfigBesideDev } from "@millrace/platform/config";
import { createLog, type Log } from "@millrace/platform/log";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import type { TableRights } from "@millrace/platform/table-rights";
import type { Process } from "@millrace/processes/define-process";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { SnapshotCheck } from "@millrace/store/snapshot";
import type { Run } from "./program.ts";

/** What the commands know of the shop. */
export interface OpsShop {
  readonly kafkaNames: KafkaNames;
  readonly models: readonly ReadModel[];
  /** By category, the other categories whose streams have the same ids, since one thing belongs to the other. */
  readonly related: Readonly<Record<string, readonly string[]>>;
  readonly processes: readonly Process[];
  readonly snapshots: Readonly<Record<string, SnapshotCheck>>;
  /** Tables that belong to no read model. */
  readonly tables: readonly TableRights[];
  /** See RebuildOptions. */
  readonly loader: URL;
  /** Commands that only this shop has. */
  readonly commands?: readonly ((program: Command, run: Run) => void)[];
}

export interface Context extends OpsShop {
  readonly config: Config;
  readonly json: boolean;
  /** --yes was given: nothing has to be confirmed. */
  readonly yes: boolean;
  readonly log: Log;
  readonly sql: Sql;
  readonly db: Database;
  readonly kafka: KafkaClient;
  close(): Promise<void>;
}

/** Most connections of a command: it runs few statements at once. */
const CONNECTIONS_MAX = 4;

export function openContext({ json, yes }: { json: boolean; yes: boolean }, shop: OpsShop): Context {
  const config = readConfigBesideDev();
  // The command's own output says what goes wrong.
  const log = createLog("ops", "silent");
  let postgres: { sql: Sql; db: Database } | undefined;
  let kafka: KafkaClient | undefined;
  const opened = () => {
    postgres ??= connectPostgres({
      url: config.DATABASE_URL,
      name: "ops",
      connectionsMax: CONNECTIONS_MAX,
      // An index or a whole comparison takes as long as it takes.
      answerWithinMs: 0,
    });
    return postgres;
  };
  return {
    ...shop,
    config,
    json,
    yes,
    log,
    get sql() {
      return opened().sql;
    },
    get db() {
      return opened().db;
    },
    get kafka() {
      kafka ??= kafkaOf(config, { names: shop.kafkaNames, clientId: "ops", log });
      return kafka;
    },
    async close() {
      await postgres?.sql.end({ timeout: 1 });
    },
  };
}
