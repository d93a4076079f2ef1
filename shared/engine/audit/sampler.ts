// The continuous audit: a sample now and then, by one process of all. Must never cost what anybody would notice.
import type { KafkaClient } from "@millrace/kafka/client";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import { BY_INDEX, connectPostgres } from "@millrace/platform/postgres";
import { inRounds } from "@millrace/platform/rounds";
import type { ReadModel } from "@millrace/read-models/read-model";
import { openBench } from "./expected.ts";
import { FINDING_KINDS, keptFindings } from "./findings.ts";
import { auditSample, type SampleResult, type SampleTools } from "./sample.ts";

export interface SamplerOptions {
  readonly databaseUrl: string;
  /** All that there are. */
  readonly models: readonly ReadModel[];
  readonly snapshots: SampleTools["snapshots"];
  readonly kafka: KafkaClient;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Between two samples; 0 for none at all. */
  readonly intervalMs: number;
}

/** Streams in one sample: some 15 ms of work, Postgres' included, which in ten seconds is 0.15 % of a core. */
const STREAMS_MAX = 50;
/** Advisory lock of the process that audits, so that several do no more than one. */
const AUDIT_LOCK = 7_405_120;
/** Findings that one sample writes to the log. */
const TOLD_MAX = 20;

export function startSampler(options: SamplerOptions): { stop(): Promise<void> } {
  const { databaseUrl, models, snapshots, kafka, log, metrics, intervalMs } = options;
  if (intervalMs === 0) return { stop: () => Promise.resolve() };
  const connection = { url: databaseUrl, name: "audit-sampler", connectionsMax: 1, settings: BY_INDEX };
  const { sql } = connectPostgres(connection);
  const bench = openBench(databaseUrl);
  const audited = auditMetrics(metrics, () => keptFindings(sql));

  const sample = async () => {
    // Held as long as this session is: of several processes one audits.
    const [row] = await bench.sql`select pg_try_advisory_lock(${AUDIT_LOCK}::bigint) as held`;
    if (row?.held) tell(await auditSample({ sql, bench, models, snapshots, kafka, log }, STREAMS_MAX));
  };

  const tell = (result: SampleResult) => {
    audited(result);
    for (const finding of result.findings.slice(0, TOLD_MAX)) log.error(finding, "audit found a difference");
  };

  const rounds = inRounds(sample, {
    everyMs: intervalMs,
    restsFirst: true,
    onFailure: (error) => log.warn({ cause: describe(error) }, "the audit could not look, trying again"),
  });
  return {
    async stop() {
      await Promise.race([rounds.stop(), Bun.sleep(1_000)]);
      await Promise.all([sql.end({ timeout: 1 }), bench.end()]);
    },
  };
}

function auditMetrics(
  metrics: Metrics,
  kept: () => Promise<{ kind: string }[]>,
): (result: SampleResult) => void {
  const streams = metrics.counter("millrace_audit_streams_total", "Streams compared with their rows.", []);
  const found = metrics.counter(
    "millrace_audit_found_total",
    "Differences that a sample has found, by kind; one that stays is found again.",
    ["kind"],
  );
  let sampledAt = 0;
  metrics.gauge(
    "millrace_audit_last_sample_timestamp_seconds",
    "When this process last finished a sample, seconds since 1970; 0 where another one audits.",
    () => sampledAt,
  );
  metrics.readings(
    {
      type: "gauge",
      name: "millrace_audit_findings",
      help: "Differences that are known and not yet seen mended, by kind.",
      labels: ["kind"],
    },
    async () => {
      const findings = await kept();
      return FINDING_KINDS.map((kind) => ({
        labels: { kind },
        value: findings.filter((finding) => finding.kind === kind).length,
      }));
    },
  );
  return (result) => {
    streams.inc(result.streams);
    for (const { kind } of result.findings) found.inc({ kind });
    sampledAt = Date.now() / 1000;
  };
}
