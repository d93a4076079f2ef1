// The command API: takes commands over HTTP, decides them and stores what follows. Must never read a read model.
import { type Appender, createAppender } from "@millrace/event-store/append";
import { createLoader } from "@millrace/event-store/load";
import type { EventStore } from "@millrace/event-store/transact";
import { createHttpApp, type HttpApp } from "@millrace/http/server";
import type { Config } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import type { Executor } from "./execute.ts";
import { commandRoutes } from "./routes/commands.ts";
import { orderRoutes } from "./routes/orders.ts";
import { userRoutes } from "./routes/users.ts";
import { createRunner, type Runner } from "./submitted.ts";
import type { CommandApi } from "./take-write.ts";

export interface CommandApiOptions {
  readonly config: Pick<
    Config,
    | "MILLRACE_APPEND_QUEUE_MAX"
    | "MILLRACE_APPEND_BATCH_MAX"
    | "MILLRACE_APPEND_FLIGHTS_MAX"
    | "MILLRACE_TRANSACT_ATTEMPTS_MAX"
    | "MILLRACE_BODY_BYTES_MAX"
    | "MILLRACE_REQUESTS_MAX"
    | "MILLRACE_CURRENCY"
  >;
  readonly sql: Sql;
  readonly log: Log;
  readonly metrics: Metrics;
  /** ISO 8601, UTC. */
  readonly now?: () => string;
  readonly newOrderId?: () => string;
  /** More to show on /readyz. */
  details?(): Record<string, unknown>;
}

export interface RunningCommandApi {
  readonly http: HttpApp;
  readonly executor: Executor;
  readonly runner: Runner;
  readonly appender: Appender;
  readonly newOrder: CommandApi["newOrder"];
}

export function createCommandApi(options: CommandApiOptions): RunningCommandApi {
  const { config, sql, log, metrics } = options;
  const store = createStore(options);
  const outcomes = metrics.counter("commands_total", "Commands by type and outcome.", ["type", "outcome"]);
  const executor: Executor = { sql, store, count: (type, outcome) => outcomes.inc({ type, outcome }) };
  const runner = createRunner(executor, log);
  metrics.gauge("submitted_commands", "Commands taken with 202 that are being run.", () => runner.depth());

  const newOrder = {
    newOrderId: options.newOrderId ?? (() => Bun.randomUUIDv7()),
    currency: config.MILLRACE_CURRENCY,
  };
  const api: CommandApi = { executor, runner, newOrder, bodyBytesMax: config.MILLRACE_BODY_BYTES_MAX };
  const http = createHttpApp({
    title: "Millrace command API",
    description: "Everything that changes something. What it answers 2xx is stored for good.",
    routes: [...orderRoutes(api), ...userRoutes(api), ...commandRoutes(api)],
    requestsMax: config.MILLRACE_REQUESTS_MAX,
    log,
    metrics,
    notReady: () => postgresMissing(sql),
    details: () => ({ appendQueue: store.appender.depth(), ...options.details?.() }),
  });
  return { http, executor, runner, appender: store.appender, newOrder };
}

function createStore({ config, sql, metrics, now }: CommandApiOptions): EventStore {
  const sizes = metrics.histogram("append_batch_commands", "Commands in one append statement.", {
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  });
  const queueMax = config.MILLRACE_APPEND_QUEUE_MAX;
  const appender = createAppender(
    sql,
    {
      queueMax,
      batchMax: config.MILLRACE_APPEND_BATCH_MAX,
      flightsMax: config.MILLRACE_APPEND_FLIGHTS_MAX,
    },
    (size) => sizes.observe(size),
  );
  metrics.gauge("append_queue_depth", "Commands waiting to be appended.", () => appender.depth());
  metrics.gauge("append_queue_max", "The bound of append_queue_depth.", () => queueMax);
  return {
    appender,
    loader: createLoader(sql),
    now: now ?? (() => new Date().toISOString()),
    attemptsMax: config.MILLRACE_TRANSACT_ATTEMPTS_MAX,
  };
}

/** A readiness that hangs tells nobody anything. */
const READY_WAIT_MS = 2_000;

async function postgresMissing(sql: Sql): Promise<string | undefined> {
  const asked = sql`select 1`.then(
    () => undefined,
    (error: unknown) => `postgres: ${describe(error)}`,
  );
  const late = Bun.sleep(READY_WAIT_MS).then(() => `postgres: no answer within ${READY_WAIT_MS} ms`);
  return Promise.race([asked, late]);
}
