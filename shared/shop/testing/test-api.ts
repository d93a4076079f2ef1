// For tests: a query API on a port, over a real Postgres, with events that are stored and projected when a
// test says so.
import { listen } from "@millrace/http/listen";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { createQueryApi, type QueryApi, type QueryApiOptions } from "@millrace/queries/query-api";
import type { ReadModel } from "@millrace/read-models/read-model";
import { hashOf, printRowsChanged, ROWS_CHANNEL } from "@millrace/read-models/row-changes";
import { createAppender } from "@millrace/store/appender";
import { createLoader } from "@millrace/store/load";
import { createStreamQueues } from "@millrace/store/stream-queues";
import { type EventStore, transact } from "@millrace/store/transact";
import { testStack } from "@millrace/testing/stack";
import { orderCodec } from "../order/codec.ts";
import type { OrderCommand } from "../order/commands.ts";
import { orderDecider } from "../order/decide.ts";
import { ordersModel } from "../order/read-model/model.ts";
import { paymentCodec } from "../payment/codec.ts";
import { type PaymentCommand, paymentDecider } from "../payment/decide.ts";
import { paymentsModel } from "../payment/read-model/model.ts";
import { shop } from "../shop.ts";
import { userCodec } from "../user/codec.ts";
import { type UserCommand, userDecider } from "../user/decide.ts";
import { usersModel } from "../user/read-model/model.ts";

export interface TestApi {
  readonly url: string;
  readonly port: number;
  readonly api: QueryApi;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A metric's value, summed over its labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface TestShop {
  readonly sql: Sql;
  readonly db: Database;
  readonly databaseUrl: string;
  /** One more process of the query API. */
  startApi(options?: Partial<QueryApiOptions>): Promise<TestApi>;
  /** Stores what follows from the commands; no reader sees it yet. */
  order(id: string, ...commands: readonly OrderCommand[]): Promise<void>;
  /** Gives orders' events to the projection, as one batch of one partition. */
  projectOrders(ids: readonly string[], partition?: number): Promise<void>;
  /** Gives all events of the streams to a read model, as one batch of one partition. */
  project(model: ReadModel, streams: readonly string[], partition?: number): Promise<void>;
  /** Stores and projects. */
  user(id: string, ...commands: readonly UserCommand[]): Promise<void>;
  payment(id: string, ...commands: readonly PaymentCommand[]): Promise<void>;
  stop(): Promise<void>;
}

/** A command that creates an order of this amount in minor units. */
export function createOrder(orderId: string, customer = "Alice", amount = 0): OrderCommand {
  const items = ["pen", "notebook"];
  const lines = items.map((name) => ({ name, quantity: 1 }));
  const written = { customer, items };
  return { type: "CreateOrder", orderId, customer, lines, amount, currency: "USD", written };
}

const metadata = { actor: "alice", correlationId: "correlation-1", causationId: "request-1" };

export async function openTestShop(): Promise<TestShop> {
  const database = await (await testStack()).freshDatabase();
  const { sql, db } = connectPostgres({ url: database.url, name: "test", connectionsMax: 6 });
  const store: EventStore = {
    appender: createAppender(sql, {
      queueMax: 1_000,
      queueBytesMax: 10_000_000,
      batchMax: 100,
      flightsMax: 2,
    }),
    loader: createLoader(sql),
    now: () => new Date().toISOString(),
    queues: createStreamQueues({ waitingMax: 1_000 }),
    raceMsMax: 5_000,
  };
  const apis: TestApi[] = [];
  let offset = 0;

  const project = async (model: ReadModel, streams: readonly string[], partition = 0) => {
    const loaded = await Promise.all(streams.map((stream) => store.loader.load(stream)));
    const events = loaded.flat().map((event) => ({ event, partition, offset: offset++ }));
    await db.transaction((tx) => model.apply(tx, events));
    const hashes = streams.map((stream) => hashOf(stream.slice(model.streamPrefix.length)));
    await sql.notify(ROWS_CHANNEL, printRowsChanged({ projection: model.name, hashes }));
  };

  return {
    sql,
    db,
    databaseUrl: database.url,
    project,
    async startApi(options = {}) {
      const api = await startApi(database.url, options);
      apis.push(api);
      return api;
    },
    async order(aggregateId, ...commands) {
      await transact(
        store,
        { decider: orderDecider, codec: orderCodec },
        { aggregateId, commands, metadata },
      );
    },
    projectOrders: (ids, partition = 0) =>
      project(
        ordersModel,
        ids.map((id) => `order-${id}`),
        partition,
      ),
    async user(aggregateId, ...commands) {
      await transact(store, { decider: userDecider, codec: userCodec }, { aggregateId, commands, metadata });
      await project(usersModel, [`user-${aggregateId}`], 0);
    },
    async payment(aggregateId, ...commands) {
      await transact(
        store,
        { decider: paymentDecider, codec: paymentCodec },
        { aggregateId, commands, metadata },
      );
      await project(paymentsModel, [`payment-${aggregateId}`], 0);
    },
    async stop() {
      for (const api of apis) await api.stop();
      await sql.end();
      await database.drop();
    },
  };
}

async function startApi(databaseUrl: string, options: Partial<QueryApiOptions>): Promise<TestApi> {
  const { sql } = connectPostgres({ url: databaseUrl, name: "query-api", connectionsMax: 4 });
  const log = createLog("query-api", "silent");
  const metrics = createMetrics("query-api");
  const api = createQueryApi({
    sql,
    databaseUrl,
    commandApiUrl: "http://localhost:3001",
    currency: "USD",
    shop,
    requestsMax: 1_000,
    log,
    metrics,
    ...options,
  });
  const server = listen(api.app, { host: "127.0.0.1", port: 0, log });
  const url = `http://127.0.0.1:${server.port}`;
  while ((await fetch(`${url}/readyz`)).status !== 200) await Bun.sleep(10);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    api.release();
    await server.stop();
    await api.stop();
    await sql.end({ timeout: 1 });
  };
  return {
    url,
    port: server.port,
    api,
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers, redirect: "manual" }),
    async metric(name) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return found?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
