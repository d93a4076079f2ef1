// The command API over a database of its own, without a port. Only tests import it.

import type { Gate } from "@millrace/access/gate";
import type { Shares } from "@millrace/access/shares";
import { createCommandApi, type RunningCommandApi } from "@millrace/commands/command-api";
import { type Config, readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { testStack } from "@millrace/testing/stack";
import type { ShopSettings } from "../settings.ts";
import { shop } from "../shop.ts";

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  readonly body: any;
}

export interface TestApi extends RunningCommandApi {
  readonly sql: Sql;
  readonly db: Database;
  readonly databaseUrl: string;
  /** A string body is sent as it is, anything else as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** The stream's events, oldest first. */
  events(stream: string): Promise<{ type: string; version: number; data: unknown; metadata: unknown }[]>;
  stop(): Promise<void>;
}

export interface TestApiOptions {
  readonly config?: Partial<Config>;
  /** Everybody may come in without one. */
  readonly gate?: Gate;
  readonly shares?: Shares;
  /** As the environment says without. */
  readonly settings?: Omit<ShopSettings, "currency">;
  /** Another API's database, to stand for a second process; a fresh one without it. */
  readonly databaseUrl?: string;
}

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = options.databaseUrl === undefined ? await (await testStack()).freshDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? (database?.url as string);
  const { sql, db } = connectPostgres({ url: databaseUrl, name: "command-api-test", connectionsMax: 8 });
  const api = createCommandApi({
    aggregates: shop.aggregates,
    kafka: { prefix: "", names: shop.kafkaNames },
    settings: { currency: "USD", ...options.settings },
    config: { ...readConfig({}), ...options.config },
    sql,
    log: createLog("command-api-test", "silent"),
    metrics: createMetrics("command-api-test"),
    ...(options.gate ? { gate: options.gate } : {}),
    ...(options.shares ? { shares: options.shares } : {}),
  });
  return {
    ...api,
    sql,
    db,
    databaseUrl,
    async send(method, path, body, headers = {}) {
      const response = await api.http.request(path, {
        method,
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return readAnswer(response);
    },
    events: (stream) =>
      sql`select type, version, data, metadata from events where stream = ${stream} order by version`,
    async stop() {
      await api.runner.stop();
      await api.appender.drain();
      await sql.end({ timeout: 1 });
      await database?.drop();
    },
  };
}

async function readAnswer(response: Response): Promise<TestAnswer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}
