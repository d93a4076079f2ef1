// Webhooks, as a program runs them: the sender, replays, the removal of old deliveries, metrics and status.
import { lookup } from "node:dns/promises";
import type { Config } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";
import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import type { Log } from "@millrace/platform/log";
import { type Metrics, shareReads } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { inRounds } from "@millrace/platform/rounds";
import { forgetDeliveries } from "./forget.ts";
import { startReplays } from "./replay.ts";
import { createSealer } from "./seal.ts";
import { startSender } from "./sender.ts";

/** Time, in ms, between removals of old deliveries. */
const FORGET_EVERY_MS = 60_000;

export interface WebhooksOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly config: Pick<
    Config,
    "MILLRACE_WEBHOOK_KEYS" | "MILLRACE_WEBHOOK_INTERNAL_HOSTS" | "MILLRACE_WEBHOOK_LOG_DAYS"
  >;
}

export interface Webhooks {
  /** Resolves when nothing is in hand any more. */
  stop(): Promise<void>;
  /** For /readyz. Counted only while Postgres answers. */
  status(): Promise<Record<string, unknown>>;
}

interface Counts {
  readonly endpoints: number;
  readonly failing: number;
  readonly pending: number;
  readonly oldestDueMs: number;
  readonly disabled: { readonly id: string; readonly reason: string }[];
}

/** @throws InvalidConfig. Without a key nothing can be signed: then nothing is sent, and nobody can add an endpoint. */
export function startWebhooks({ sql, log, metrics, config }: WebhooksOptions): Webhooks {
  const sealer = createSealer(config.MILLRACE_WEBHOOK_KEYS);
  const tries = metrics.histogram(
    "millrace_webhook_try_duration_seconds",
    "Time of a try to deliver a webhook, by how it ended: taken, not taken, refused, interrupted.",
    { labels: ["outcome"], buckets: LATENCY_BUCKETS_SECONDS },
  );
  const counts = shareReads(() => countWebhooks(sql));
  const gauge = (name: string, help: string, of: (counts: Counts) => number) =>
    metrics.readings({ type: "gauge", name: `millrace_webhook_${name}`, help, labels: [] }, async () => [
      { labels: {}, value: of(await counts()) },
    ]);
  gauge(
    "deliveries_pending",
    "Webhooks that were not taken yet, of enabled endpoints.",
    ({ pending }) => pending,
  );
  gauge(
    "oldest_due_age_seconds",
    "For how long the oldest of them has been due.",
    (all) => all.oldestDueMs / 1_000,
  );
  gauge("endpoints_failing", "Endpoints whose last tries have failed.", ({ failing }) => failing);
  gauge(
    "endpoints_disabled",
    "Endpoints that nothing is sent to, though no person said so.",
    (all) => all.disabled.length,
  );

  const sender =
    sealer &&
    startSender({
      sql,
      log,
      sealer,
      internal: config.MILLRACE_WEBHOOK_INTERNAL_HOSTS,
      resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      onTried: (outcome, seconds) => tries.observe(seconds, outcome),
    });
  const replays = startReplays({ sql, log });
  const forgetting = inRounds((isStopping) => forgetOld(sql, config.MILLRACE_WEBHOOK_LOG_DAYS, isStopping), {
    everyMs: FORGET_EVERY_MS,
    restsFirst: true,
    onFailure: (error) =>
      log.warn({ cause: describe(error) }, "old webhooks are not forgotten, trying again"),
  });

  return {
    async stop() {
      await Promise.all([forgetting.stop(), sender?.stop(), replays.stop()]);
    },
    async status() {
      const counted = await counts().catch(() => ({}));
      const off = sender ? {} : { off: "MILLRACE_WEBHOOK_KEYS is not set: nothing is sent" };
      return { ...off, ...sender?.status(), ...counted };
    },
  };
}

async function forgetOld(sql: Sql, days: number, isStopping: () => boolean): Promise<void> {
  while ((await forgetDeliveries(sql, days)).more && !isStopping());
}

async function countWebhooks(sql: Sql): Promise<Counts> {
  const [row] = await sql<Counts[]>`
    select count(*)::int as endpoints, (count(*) filter (where disabled_at is null and failing_since is not null))::int as failing,
      coalesce(sum(pending) filter (where disabled_at is null), 0)::int as pending,
      coalesce(max(due_ms) filter (where disabled_at is null), 0)::float8 as "oldestDueMs",
      coalesce(json_agg(json_build_object('id', id, 'reason', disabled_reason)) filter (where disabled_reason is not null), '[]') as disabled
    from webhook_endpoints, lateral (
      select count(*) as pending, greatest(extract(epoch from now() - min(due_at)) * 1000, 0) as due_ms
      from webhook_deliveries where endpoint = webhook_endpoints.id and state = 'pending'
    ) as waiting`;
  if (!row) throw new Error("Counting webhooks answered no row");
  return row;
}
