// The whole system as processes, two of each API, for tests that ask over real sockets. Only tests import it.

import { expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import type { Child } from "@millrace/local/child";
import { startGuard } from "@millrace/local/guard";
import type { App } from "@millrace/platform/apps";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { startApp } from "../start-app.ts";

export interface System {
  /** Addresses of both command APIs. */
  readonly commandApis: readonly [string, string];
  readonly queryApis: readonly [string, string];
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  stop(): Promise<void>;
}

/** Two cores start seven processes; their consumers join their groups. */
const READY = { withinMs: 120_000, everyMs: 100 };
const STOP_WITHIN_MS = 15_000;

export async function startSystem(): Promise<System> {
  const { brokers, freshDatabase, uniqueName } = await testStack();
  // Topics of its own. In shared ones its apps would find events of other tests, which their store lacks, and would wait.
  const prefix = `${uniqueName("contract")}.`;
  const database = await freshDatabase();
  const log = createLog("contract-test", "silent");
  const kafka = createKafka({ names: shop.kafkaNames, brokers, prefix, clientId: "contract-test", log });
  await ensureTopics(kafka, shop.topicSizing(readConfig({})));
  const guard = startGuard();
  const shared = {
    MILLRACE_WEBHOOK_KEYS: randomBytes(32).toString("base64"),
    DATABASE_URL: database.url,
    KAFKA_BROKERS: brokers.join(","),
    MILLRACE_KAFKA_PREFIX: prefix,
    LOG_LEVEL: "error",
  };
  const children: Child[] = [];
  const line = (text: string) => console.error(text);
  const start = async (app: App, environment: Record<string, string> = {}) => {
    const { child, url } = await startApp(app, { guard, environment: { ...shared, ...environment }, line });
    children.push(child);
    return url;
  };
  const commandApis = [await start("command-api"), await start("command-api")] as const;
  const redirectTo = { COMMAND_API_URL: commandApis[0] };
  const queryApis = [await start("query-api", redirectTo), await start("query-api", redirectTo)] as const;
  const others = [await start("relay"), await start("projector"), await start("processes")];
  await Promise.all([...commandApis, ...queryApis, ...others].map(untilReady));
  return {
    commandApis,
    queryApis,
    databaseUrl: database.url,
    kafka,
    async stop() {
      await Promise.all(children.map((child) => child.stop(STOP_WITHIN_MS)));
      await guard.close();
      await database.drop();
    },
  };
}

async function untilReady(url: string): Promise<void> {
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), READY);
}
