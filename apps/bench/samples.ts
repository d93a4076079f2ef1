// What a long run looks at now and then: memory by process, latencies since the last look, and the tables that
// every write goes through.
import type { Series } from "./flatness.ts";
import { busyBetween, othersBetween, processorTime } from "./others.ts";
import type { Pace } from "./paced-load.ts";
import { megabytes, memoryBytes, ownOf } from "./processes.ts";
import type { Bench } from "./question.ts";
import { percentile } from "./statistics.ts";

interface Table {
  readonly megabytes: number;
  readonly live: number;
  readonly dead: number;
}

export interface Sample {
  /** Since the load began. */
  readonly minutes: number;
  /** By process, megabytes. */
  readonly memory: Readonly<Record<string, number>>;
  /** Milliseconds since the last sample. */
  readonly latency: Readonly<Record<(typeof LATENCIES)[number], number>>;
  readonly tables: Readonly<Record<string, Table>>;
  /** Writes so far that keep an answer: with a key, or taken with 202. */
  readonly kept: number;
  /**
   * How much of the machine was busy since the last sample, and by others, percent; undefined where nobody knows. The
   * same load takes more of it where the host itself has become slower.
   */
  readonly machine: { readonly busy: number; readonly others: number } | undefined;
}

const LATENCIES = ["accept p50", "accept p99", "visible p50", "visible p99"] as const;
/** Rows come and go; the tables stay as they are. */
const PASSING = ["outbox", "checkpoints", "relay_marks", "order_stats", "process_tasks"] as const;
/** They keep a row for each write that asks for it, as long as the retention says; for ever unless it is set. */
const KEEPING = ["stored_answers", "submitted_commands"] as const;
/** One order in so many has an idempotency key, and one is taken with 202. */
const KEYED = 10;
const ASYNCHRONOUS = 50;

export function createSampler({ stack, sql }: Bench): {
  readonly pace: Pick<Pace, "headers" | "onAccepted" | "onVisible">;
  sample(): Promise<Sample>;
} {
  const startedAt = performance.now();
  let accepted: number[] = [];
  let visible: number[] = [];
  let kept = 0;
  let time = processorTime();
  const tables = async () => {
    const names = [...PASSING, ...KEEPING];
    const rows = await sql<{ name: string; bytes: string; live: string; dead: string }[]>`
      select relname as name, pg_total_relation_size(relid) as bytes, n_live_tup as live, n_dead_tup as dead
      from pg_stat_user_tables where schemaname = 'public' and relname = any(${names}::text[])`;
    return Object.fromEntries(
      rows.map(({ name, bytes, live, dead }) => [
        name,
        { megabytes: megabytes(Number(bytes)), live: Number(live), dead: Number(dead) },
      ]),
    );
  };
  return {
    pace: {
      headers(n) {
        if (n % ASYNCHRONOUS === 1) return { prefer: "respond-async" };
        return n % KEYED === 2 ? { "idempotency-key": crypto.randomUUID() } : undefined;
      },
      onAccepted(tookMs, headers) {
        accepted.push(tookMs);
        if (headers) kept++;
      },
      onVisible: (tookMs) => visible.push(tookMs),
    },
    async sample() {
      const latency = {
        "accept p50": percentile(accepted, 0.5),
        "accept p99": percentile(accepted, 0.99),
        "visible p50": percentile(visible, 0.5),
        "visible p99": percentile(visible, 0.99),
      };
      accepted = [];
      visible = [];
      const memory: Record<string, number> = {};
      for (const { name, pid } of ownOf(stack.pid)) {
        memory[name] = (memory[name] ?? 0) + megabytes(memoryBytes(pid));
      }
      const before = time;
      time = processorTime();
      return {
        machine: before && time && { busy: busyBetween(before, time), others: othersBetween(before, time) },
        minutes: (performance.now() - startedAt) / 60_000,
        memory,
        latency,
        tables: await tables(),
        kept,
      };
    },
  };
}

const MEMORY_TOLERANCE = { share: 0.1, besides: 16 };
const LATENCY_TOLERANCES = {
  "accept p50": { share: 0.25, besides: 1 },
  "accept p99": { share: 0.5, besides: 10 },
  "visible p50": { share: 0.25, besides: 2 },
  "visible p99": { share: 0.5, besides: 10 },
};
const SIZE_TOLERANCE = { share: 0.2, besides: 8 };
/** Dead rows gather until autovacuum's next round, a minute later: a table of few rows has as many as that. */
const ROWS_TOLERANCE = { share: 0.2, besides: 20_000 };
const KEPT_TOLERANCE = { share: 0.25, besides: 0.1 };

/** What has to be flat, of samples in the order of time. */
export function seriesOf(samples: readonly Sample[]): Series[] {
  const of = (value: (sample: Sample) => number | undefined) =>
    samples.map((sample) => value(sample) ?? Number.NaN);
  const processes = Object.keys(samples[0]?.memory ?? {});
  return [
    ...processes.map((name) => ({
      name: `memory, ${name}`,
      unit: "MB",
      values: of(({ memory }) => memory[name]),
      tolerance: MEMORY_TOLERANCE,
    })),
    ...LATENCIES.map((name) => ({
      name,
      unit: "ms",
      values: of(({ latency }) => latency[name]),
      tolerance: LATENCY_TOLERANCES[name],
    })),
    ...PASSING.flatMap((name) => [
      {
        name: `${name}, size`,
        unit: "MB",
        values: of(({ tables }) => tables[name]?.megabytes),
        tolerance: SIZE_TOLERANCE,
      },
      {
        name: `${name}, live and dead`,
        unit: "rows",
        values: of(({ tables }) => rowsOf(tables[name])),
        tolerance: ROWS_TOLERANCE,
      },
    ]),
    ...KEEPING.map((name) => ({
      name: `${name}, live and dead`,
      unit: "rows a kept write",
      values: of(({ tables, kept }) => (rowsOf(tables[name]) ?? Number.NaN) / Math.max(kept, 1)),
      tolerance: KEPT_TOLERANCE,
    })),
  ];
}

function rowsOf(table: Table | undefined): number | undefined {
  return table && table.live + table.dead;
}

/** Over the lines of samples. */
export function headingOf(): string {
  return `minute | memory MB by process | ${LATENCIES.join(", ")} ms | tables: MB, live/dead rows | machine: busy, others %`;
}

export function lineOf({ minutes, memory, latency, tables, machine }: Sample): string {
  return [
    minutes.toFixed(1).padStart(6),
    Object.entries(memory)
      .map(([name, of]) => `${name} ${of.toFixed(0)}`)
      .join(" "),
    LATENCIES.map((name) => latency[name].toFixed(1)).join(" "),
    Object.entries(tables)
      .map(([name, { megabytes, live, dead }]) => `${name} ${megabytes.toFixed(1)}, ${live}/${dead}`)
      .join(" "),
    machine === undefined ? "–" : `${machine.busy.toFixed(0)}, ${machine.others.toFixed(0)}`,
  ].join(" | ");
}
