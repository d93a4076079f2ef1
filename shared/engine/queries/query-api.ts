// The query API, whole: what it serves and what it holds open. Must never call the write side.
import type { Gate } from "@millrace/access/gate";
import type { Shares } from "@millrace/access/shares";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import type { Sql } from "@millrace/platform/postgres";
import { type PostgresState, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import { listenToRows } from "@millrace/read-models/row-listener";
import { orderHistoryRoutes } from "@millrace/shop/order/query-routes/history";
import { orderRoutes } from "@millrace/shop/order/query-routes/orders";
import { orderStatsRoutes } from "@millrace/shop/order/query-routes/stats";
import { orderStreamRoutes } from "@millrace/shop/order/query-routes/stream";
import { orderWhyRoutes } from "@millrace/shop/order/query-routes/why";
import { OWNERS } from "@millrace/shop/owners";
import { paymentRoutes } from "@millrace/shop/payment/query-routes";
import { userRoutes } from "@millrace/shop/user/query-routes";
import { createOwners } from "@millrace/store/owners";
import type { AnswerBounds } from "./answers.ts";
import { ownedRoutes } from "./owned.ts";
import { createReads, type Reads } from "./reads.ts";
import { redirectRoutes } from "./routes/redirects.ts";
import type { StreamBounds } from "./streams/order-streams.ts";

export interface QueryApiOptions {
  readonly sql: Sql;
  /** Where the listening connection goes. */
  readonly databaseUrl: string;
  readonly commandApiUrl: string;
  readonly currency: string;
  readonly requestsMax: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly originCheck?: OriginCheck;
  readonly gate?: Gate;
  readonly shares?: Shares;
  readonly tracing?: Tracing | undefined;
  readonly waitersMax?: number;
  readonly streamBounds?: StreamBounds;
  readonly answerBounds?: AnswerBounds;
}

export interface QueryApi {
  readonly app: HttpApp;
  /** Ends waits and streams, so that no request outlives a drain. */
  release(): void;
  /** Stops listening. The pool is the caller's. */
  stop(): Promise<void>;
}

export function createQueryApi(options: QueryApiOptions): QueryApi {
  const reads = createReads(options);
  const { waits, streams } = reads;
  const unreadable = options.metrics.counter(
    "millrace_query_notifications_unreadable_total",
    "Notifications of changed rows that no projection printed.",
    [],
  );
  const listener = listenToRows({
    url: options.databaseUrl,
    name: "query-api",
    log: options.log,
    subscribers: [waits, streams],
    onUnreadable: () => unreadable.inc(),
  });
  const postgres = watchPostgres(options.sql);
  let state: PostgresState = {};
  const app = createHttpApp({
    title: "Millrace query API",
    description: "Orders, users and payments as the projections keep them.",
    routes: ownedRoutes(routesOf(reads, options), createOwners(options.sql), OWNERS),
    beside: { writes: options.commandApiUrl },
    requestsMax: options.requestsMax,
    log: options.log,
    metrics: options.metrics,
    originCheck: options.originCheck,
    gate: options.gate,
    shares: options.shares,
    tracing: options.tracing,
    // What can be read is served while nothing can be written; /readyz says that too.
    notReady: async () => {
      state = await postgres();
      return state.away ?? (listener.connected() ? undefined : "notifications from postgres");
    },
    details: () => ({ ...(state.readOnly && { writes: state.readOnly }) }),
  });
  return {
    app,
    release() {
      waits.stop();
      streams.stop();
    },
    stop: () => listener.stop(),
  };
}

/** Fixed paths stand before those with an id: the first that matches is taken. */
function routesOf(reads: Reads, { currency, commandApiUrl }: QueryApiOptions) {
  return [
    ...orderStatsRoutes(reads, currency),
    ...orderStreamRoutes(reads),
    ...orderHistoryRoutes(reads, currency),
    ...orderWhyRoutes(reads),
    ...orderRoutes(reads),
    ...userRoutes(reads),
    ...paymentRoutes(reads),
    ...redirectRoutes(commandApiUrl),
  ];
}
