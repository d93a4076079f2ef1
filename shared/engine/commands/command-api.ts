// The command API: takes commands over HTTP, decides them and stores their events. Must never read a read model.
import type { Gate } from "@millrace/access/gate";
import type { GuestLinks } from "@millrace/access/guest-links";
import type { Shares } from "@millrace/access/shares";
import { type SenderBy, topicSenders } from "@millrace/access/topic-senders";
import { type Bodies, createBodies } from "@millrace/http/body";
import type { Route } from "@millrace/http/route";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Named } from "@millrace/kafka/names";
import type { Config } from "@millrace/platform/config";
import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { OriginCheck } from "@millrace/platform/origin-check";
import type { Sql } from "@millrace/platform/postgres";
import { missingForWrites, watchPostgres } from "@millrace/platform/postgres-state";
import type { Tracing } from "@millrace/platform/tracing";
import type { Appender } from "@millrace/store/appender";
import { createLoader } from "@millrace/store/load";
import { measuredAppender } from "@millrace/store/measured-appender";
import { measuredQueues } from "@millrace/store/measured-queues";
import { createOwners } from "@millrace/store/owners";
import { createSnapshots } from "@millrace/store/snapshots";
import type { Aggregate, ReadContext } from "./aggregate.ts";
import { withLately } from "./append-trouble.ts";
import { asyncapi } from "./asyncapi.ts";
import { namedReader, type ReadNamed } from "./command-names.ts";
import type { Executor } from "./execute.ts";
import { guestLinkRoute } from "./guest-link-routes.ts";
import { restRoutes } from "./rest-routes.ts";
import { commandRoutes } from "./routes/commands.ts";
import { createRunner, type Runner, TAKEN_MAX } from "./submitted.ts";
import type { CommandApi } from "./take-write.ts";

export interface CommandApiOptions<Settings = unknown> {
  readonly aggregates: readonly Aggregate<Settings>[];
  /** The shop's settings, for its readers of bodies. */
  readonly settings: Settings;
  /** Names of topics, for the documentation. */
  readonly kafka: Named;
  readonly config: Pick<
    Config,
    | "MILLRACE_APPEND_QUEUE_MAX"
    | "MILLRACE_APPEND_QUEUE_BYTES_MAX"
    | "MILLRACE_APPEND_BATCH_MAX"
    | "MILLRACE_APPEND_FLIGHTS_MAX"
    | "MILLRACE_RACE_MS_MAX"
    | "MILLRACE_BODY_BYTES_MAX"
    | "MILLRACE_BODIES_BYTES_MAX"
    | "MILLRACE_REQUESTS_MAX"
    | "QUERY_API_URL"
    | "HOST"
    | "MILLRACE_AUTH"
    | "MILLRACE_PUBLISHED_ON"
    | "MILLRACE_KAFKA_SENDERS"
  >;
  readonly sql: Sql;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly originCheck?: OriginCheck;
  readonly gate?: Gate;
  readonly shares?: Shares;
  readonly tracing?: Tracing | undefined;
  /** Makes links for guests; undefined where there are none. */
  readonly guests?: GuestLinks | undefined;
  /** ISO 8601, UTC. */
  readonly now?: () => string;
  readonly newId?: () => string;
  /** Routes beside those of commands; they read bodies within the same budget. */
  moreRoutes?(bodies: Bodies): readonly Route[];
  /** More to show on /readyz. */
  details?(): Record<string, unknown>;
}

export interface RunningCommandApi {
  readonly http: HttpApp;
  readonly executor: Executor;
  readonly runner: Runner;
  readonly appender: Appender;
  readonly readNamed: ReadNamed;
  readonly senderBy: SenderBy;
  /** Largest body and largest message, bytes. */
  readonly bodyBytesMax: number;
}

export function createCommandApi<Settings>(options: CommandApiOptions<Settings>): RunningCommandApi {
  const { aggregates, config, sql, log, metrics, tracing, guests } = options;
  const store = createStore(options);
  const postgres = watchPostgres(sql);
  const executor: Executor = {
    sql,
    settings: options.settings,
    store,
    owners: createOwners(sql),
    aggregates: new Map(aggregates.map((aggregate) => [aggregate.name, aggregate])),
    observe: observer(metrics),
  };
  const runner = createRunner(executor, log);
  metrics.gauge("millrace_submitted_commands", "Commands taken with 202 that are being run.", () =>
    runner.depth(),
  );
  metrics.gauge(
    "millrace_submitted_commands_max",
    "The bound of millrace_submitted_commands.",
    () => TAKEN_MAX,
  );

  const context: ReadContext<Settings> = {
    newId: options.newId ?? (() => Bun.randomUUIDv7()),
    settings: options.settings,
  };
  const readNamed = namedReader(aggregates, context);
  const bodyBytesMax = config.MILLRACE_BODY_BYTES_MAX;
  const bodies = createBodies({
    bytesMax: bodyBytesMax,
    inFlightBytesMax: config.MILLRACE_BODIES_BYTES_MAX,
  });
  metrics.gauge("millrace_http_bodies_bytes", "Bytes of bodies that are being read or worked on.", () =>
    bodies.inFlight(),
  );
  metrics.gauge(
    "millrace_http_bodies_bytes_max",
    "The bound of millrace_http_bodies_bytes.",
    () => config.MILLRACE_BODIES_BYTES_MAX,
  );
  const api: CommandApi<Settings> = { executor, runner, context, bodies };
  const http = createHttpApp({
    title: "Millrace command API",
    description: "Everything that changes something. What it answers 2xx is stored for good.",
    routes: [
      ...aggregates.flatMap((aggregate) => restRoutes(api, aggregate)),
      ...(guests ? aggregates.filter(isClients).map((each) => guestLinkRoute(api, each, guests)) : []),
      ...commandRoutes(api, aggregates, readNamed),
      ...(options.moreRoutes?.(bodies) ?? []),
    ],
    problems: Object.assign({}, ...aggregates.map(({ refusals }) => refusals)),
    asyncapi: () => asyncapi(options),
    beside: { reads: config.QUERY_API_URL },
    requestsMax: config.MILLRACE_REQUESTS_MAX,
    log,
    metrics,
    originCheck: options.originCheck,
    gate: options.gate,
    shares: options.shares,
    tracing,
    notReady: async () => missingForWrites(await postgres()) ?? store.appender.lately(),
    details: () => ({ appendQueue: store.appender.depth(), ...options.details?.() }),
  });
  return {
    http,
    executor,
    runner,
    appender: store.appender,
    readNamed,
    senderBy: topicSenders(config),
    bodyBytesMax,
  };
}

/** Whether clients write it. What only our own processes write is nothing for guests. */
function isClients({
  creation,
  change,
  removal,
}: Pick<Aggregate, "creation" | "change" | "removal">): boolean {
  return (creation ?? change ?? removal) !== undefined;
}

function createStore({ config, sql, log, metrics, tracing, now }: CommandApiOptions) {
  const bounds = {
    queueMax: config.MILLRACE_APPEND_QUEUE_MAX,
    queueBytesMax: config.MILLRACE_APPEND_QUEUE_BYTES_MAX,
    batchMax: config.MILLRACE_APPEND_BATCH_MAX,
    flightsMax: config.MILLRACE_APPEND_FLIGHTS_MAX,
  };
  return {
    appender: withLately(measuredAppender(sql, bounds, metrics)),
    loader: createLoader(sql),
    snapshots: createSnapshots(sql, log),
    queues: measuredQueues({ waitingMax: config.MILLRACE_APPEND_QUEUE_MAX }, metrics),
    now: now ?? (() => new Date().toISOString()),
    raceMsMax: config.MILLRACE_RACE_MS_MAX,
    tracing,
  };
}

function observer(metrics: Metrics): Executor["observe"] {
  const duration = metrics.histogram(
    "millrace_command_duration_seconds",
    "Time to decide and store a command, by type and outcome.",
    { labels: ["type", "outcome"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  return (type, outcome, seconds) => duration.observe(seconds, type, outcome);
}
