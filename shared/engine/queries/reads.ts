// The sources that routes read from: rows, waits for rows, streams of rows, and events for what rows were.
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { changeOf, changesSince, presentPosition } from "@millrace/read-models/changes";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { RowLookup } from "@millrace/read-models/row-lookup";
import { createLoader, type Loader } from "@millrace/store/load";
import { ANSWER_BOUNDS, type AnswerBounds, type Answers, createAnswers } from "./answers.ts";
import { createByteBudget } from "./byte-budget.ts";
import {
  createRowStreams,
  type RowSource,
  type RowStreams,
  STREAM_BOUNDS,
  type StreamBounds,
} from "./streams/row-streams.ts";
import { createVersionWaits, type VersionWaits, WAITERS_MAX } from "./version-waits.ts";

export interface Reads {
  readonly sql: Sql;
  readonly currency: string;
  readonly lookups: Lookups;
  readonly waits: VersionWaits;
  readonly streams: RowStreams;
  /** Reads events; nothing is appended here. */
  readonly events: Loader;
  /** Bounds the answers that may be large. */
  readonly answers: Answers;
}

export interface Lookups {
  /** The lookup of a read model's documents, by its name. */
  of(model: string): RowLookup;
}

export interface ReadsOptions {
  readonly sql: Sql;
  readonly models: readonly ReadModel[];
  /** The currency of the installation. */
  readonly currency: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly waitersMax?: number;
  readonly streamBounds?: StreamBounds;
  readonly answerBounds?: AnswerBounds;
}

/** Most bytes of one read for a client that catches up: one document may be as large. */
const CATCH_UP_BYTES = 1_100_000;
/** Longest time, in ms, that a client waits for its next read before it is dropped and has to resume: hundreds may come at once. */
const CATCH_UP_WAIT_MS = 30_000;

export function createReads(options: ReadsOptions): Reads {
  const {
    sql,
    models,
    currency,
    log,
    metrics,
    waitersMax,
    streamBounds,
    answerBounds = ANSWER_BOUNDS,
  } = options;
  const rowsRead = metrics.counter("millrace_query_rows_looked_up_total", "Ids asked for, by projection.", [
    "projection",
  ]);
  const statements = metrics.counter(
    "millrace_query_lookup_statements_total",
    "Statements that looked rows up.",
    ["projection"],
  );
  const counting = (projection: string) => (ids: number) => {
    rowsRead.inc({ projection }, ids);
    statements.inc({ projection });
  };
  const lookups = new Map(
    models.map(({ name, shown }) => [name, shown.lookup({ sql, currency }, counting(name))]),
  );
  const answers = createAnswers(answerBounds);
  const waited = models.map(
    ({ name, versions }) => [name, versions?.(sql) ?? (lookups.get(name) as RowLookup)] as const,
  );
  const waits = createVersionWaits(new Map(waited), waitersMax);
  const streams = createRowStreams(changesOf(sql, models), log, streamBounds);
  const gauges: [name: string, help: string, read: () => number, bound: number][] = [
    [
      "millrace_query_version_waits",
      "Requests that wait for a version.",
      waits.waiting,
      waitersMax ?? WAITERS_MAX,
    ],
    [
      "millrace_query_stream_clients",
      "Clients that follow rows.",
      streams.clients,
      (streamBounds ?? STREAM_BOUNDS).clientsMax,
    ],
    [
      "millrace_query_large_answer_bytes",
      "Bytes held for large answers, from before they are read until they are sent.",
      answers.heldBytes,
      answerBounds.bytesMax,
    ],
  ];
  for (const [name, help, read, bound] of gauges) {
    metrics.gauge(name, help, read);
    metrics.gauge(`${name}_max`, `The bound of ${name}.`, () => bound);
  }
  return {
    sql,
    currency,
    lookups: {
      of(model) {
        const lookup = lookups.get(model);
        if (!lookup) throw new Error(`There is no read model ${model}`);
        return lookup;
      },
    },
    waits,
    streams,
    events: createLoader(sql),
    answers,
  };
}

/** Changes of the models whose rows are numbered. Two reads at a time leave lookups their connections. */
function changesOf(sql: Sql, models: readonly ReadModel[]): RowSource[] {
  const catchUps = createByteBudget({ bytesMax: 2 * CATCH_UP_BYTES, waitMs: CATCH_UP_WAIT_MS });
  return models
    .filter(({ shown }) => shown.followed)
    .map(({ name, rows, shown }) => ({
      projection: name,
      noun: shown.noun,
      async changesSince(position, bounds) {
        // Reads of the feed are not bounded: they serve all clients at once.
        if (!bounds) return changesSince(sql, rows, position);
        const held = await catchUps.hold(CATCH_UP_BYTES);
        try {
          return await changesSince(sql, rows, position, bounds);
        } finally {
          held.release();
        }
      },
      presentPosition: () => presentPosition(sql, rows),
      changeOf: (id) => changeOf(sql, rows, id),
    }));
}
