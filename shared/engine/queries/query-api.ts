// The query API: its routes, and the waits and streams that it holds open. Must never call the write side.
import type { Gate } from "@millrace/access/gate";
import type { Shares } from "@millrace/access/shares";
import type { Route } from "@millrace/http/route";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import type { Sql } from "@millrace/platform/postgres";
import { type PostgresState, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import type { ReadModel } from "@millrace/read-models/read-model";
import { listenToRows } from "@millrace/read-models/row-listener";
import { createOwners } from "@millrace/store/owners";
import type { AnswerBounds } from "./answers.ts";
import { type OwnerRules, ownedRoutes } from "./owned.ts";
import { createReads, type Reads } from "./reads.ts";
import { modelRoutes } from "./routes/model-routes.ts";
import { redirectRoutes, type WrittenPaths } from "./routes/redirects.ts";
import type { StreamBounds } from "./streams/row-streams.ts";

/** What the query API knows of the shop. */
export interface QueryShop {
  readonly readModels: readonly ReadModel[];
  /** The shop's own routes; they come before those of read models. */
  queryRoutes(reads: Reads): readonly Route[];
  readonly written: WrittenPaths;
  readonly owners: OwnerRules;
}

export interface QueryApiOptions {
  readonly sql: Sql;
  /** For the connection that listens to notifications. */
  readonly databaseUrl: string;
  readonly commandApiUrl: string;
  readonly currency: string;
  readonly shop: QueryShop;
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
  /** Routes beside those of read models. */
  readonly moreRoutes?: readonly Route[];
}

const UNNOTIFIED =
  "Postgres sends no notifications: reads go on, but requests with ?minVersion and live streams wait in vain. This process goes on trying to listen. A pooler in transaction mode never passes notifications on: let DATABASE_URL name the server itself, or a pooler in session mode";

export interface QueryApi {
  readonly app: HttpApp;
  /** Ends waits and streams, so that no request outlives a drain. */
  release(): void;
  /** Stops listening. The caller ends the pool. */
  stop(): Promise<void>;
}

export function createQueryApi(options: QueryApiOptions): QueryApi {
  const reads = createReads({ ...options, models: options.shop.readModels });
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
    description: `What there is to read, as the projections keep it: ${options.shop.readModels.map(({ name }) => name).join(", ")}.`,
    routes: ownedRoutes(routesOf(reads, options), createOwners(options.sql), options.shop.owners),
    beside: { writes: options.commandApiUrl },
    requestsMax: options.requestsMax,
    log: options.log,
    metrics: options.metrics,
    originCheck: options.originCheck,
    gate: options.gate,
    shares: options.shares,
    tracing: options.tracing,
    // A server that takes no writes can be read still; /readyz says so in `writes`.
    notReady: async () => {
      state = await postgres();
      return state.away ?? (listener.connected() ? undefined : UNNOTIFIED);
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

/** In this order: the first path that matches answers. */
function routesOf(reads: Reads, { shop, commandApiUrl, moreRoutes = [] }: QueryApiOptions) {
  return [
    ...moreRoutes,
    ...shop.queryRoutes(reads),
    ...shop.readModels.flatMap((model) => modelRoutes(reads, model)),
    ...redirectRoutes(commandApiUrl, shop.written),
  ];
}
