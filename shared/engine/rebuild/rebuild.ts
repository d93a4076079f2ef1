// A read model built anew beside the live one, and switched to once it is proven. Its phases:
//
//   loading    rows are made from the event store, range by range of streams
//   indexing   the copy gets the indexes that the live tables have
//   following  the copy takes in what Kafka has carried since the load began, and keeps level
//   switched   it is live; what was live before stands by as the way back, until it is dropped
//
// Each step commits with its own place, so that a rebuild that was killed goes on where it was. Only rows are
// written: must never cause what an event once caused outside of them.
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Doer } from "@millrace/trail/doer";
import { recordAct } from "@millrace/trail/record";
import { beginRebuild, findRebuild, type Phase, unfinishedRanges } from "./begin.ts";
import { type Comparison, compareWhole } from "./compare-whole.ts";
import { connectCopy } from "./copy-connections.ts";
import { type Follower, follow } from "./follow.ts";
import { untilLevel } from "./level.ts";
import { loadRanges } from "./loaders.ts";
import { holdModel } from "./lock.ts";
import { endLoad, missingIndexes } from "./shadow.ts";
import { type SwitchOutcome, switchOver } from "./switch.ts";

export interface Progress {
  readonly phase: Phase | "comparing";
  readonly done: number;
  readonly total: number;
  readonly unit: "events" | "indexes" | "records behind" | "keys";
}

export interface RebuildOptions {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly model: ReadModel;
  /** A module that calls `runLoader` with the shop's read models: what threads that load a copy run. */
  readonly loader: URL;
  readonly log: Log;
  readonly by: Doer;
  /** Leaves the copy beside the live model, for `switchRebuilt`. */
  readonly switch: boolean;
  readonly acceptDifferences: boolean;
  onProgress(progress: Progress): void;
  onLocked?(): Promise<void>;
}

export interface RebuildResult {
  readonly projection: string;
  /** Loaded by this run; fewer than all where it went on with an earlier one's work. */
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly resumed: boolean;
  readonly comparison: Comparison;
  readonly outcome: SwitchOutcome;
}

/** Ranges of streams, each with its own place: more than are loaded at once, so that none is left alone for long. */
const RANGES = 16;

/** @throws Failure `rebuild_running`, `previous_stands`, `postgres_unavailable`. */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const { sql, model } = options;
  const held = await holdModel(options.databaseUrl, model);
  const copy = connectCopy(options.databaseUrl, "next");
  let follower: Follower | undefined;
  try {
    const resumed = (await findRebuild(sql, model)) !== undefined;
    if (!resumed) await beginRebuild({ ...options, ranges: RANGES });
    await recordRebuild(options, resumed);
    const loaded = await load(options);
    await indexCopy(options);
    follower = await follow({ ...options, db: copy.db, place: "next" });
    await untilLevel(options, follower);
    const comparison = await compareWhole({ ...options, place: "next" });
    const outcome = await settle(options, follower, comparison);
    return { projection: model.name, ...loaded, resumed, comparison, outcome };
  } finally {
    await follower?.stop();
    await copy.end();
    await held.release();
  }
}

async function recordRebuild({ sql, model, by, ...wish }: RebuildOptions, resumed: boolean): Promise<void> {
  const details = { resumed, switch: wish.switch, acceptDifferences: wish.acceptDifferences };
  await sql.begin((tx) => recordAct(tx, by, { name: "projection.rebuild", target: model.name, details }));
}

async function settle(
  options: RebuildOptions,
  follower: Follower,
  comparison: Comparison,
): Promise<SwitchOutcome> {
  const { sql, model, acceptDifferences } = options;
  const rebuilt = await findRebuild(sql, model);
  const { differences, sums } = comparison;
  const refuse = differences.length > 0 && !acceptDifferences;
  if (!options.switch || refuse) return { switched: false, differences, sums: sums.copy };
  return switchOver({
    ...options,
    from: "next",
    follower,
    compared: comparison,
    loadedXid: String(rebuilt?.startedXid ?? 0),
  });
}

async function load(options: RebuildOptions): Promise<{ events: number; eventsPerSecond: number }> {
  const { sql, databaseUrl, loader, model } = options;
  const startedAt = performance.now();
  const { ranges, done, total } = await unfinishedRanges(sql, model);
  const partitions: Record<string, number> = {};
  for (const { category, topic } of model.sources) {
    partitions[category] = (await topicOffsets(options.kafka, topic)).length;
  }
  let events = 0;
  const report = () => options.onProgress({ phase: "loading", done: done + events, total, unit: "events" });
  const onLoaded = (count: number) => {
    events += count;
    report();
  };
  report();
  await loadRanges({ databaseUrl, loader, model, partitions, onLoaded }, ranges);
  const seconds = (performance.now() - startedAt) / 1000;
  return { events, eventsPerSecond: Math.round(events / Math.max(seconds, 0.001)) };
}

async function indexCopy({ sql, model, onProgress }: RebuildOptions): Promise<void> {
  const rebuilt = await findRebuild(sql, model);
  if (rebuilt?.phase === "following") return;
  await enter(sql, model, "indexing");
  const missing = await missingIndexes(sql, model);
  for (const [done, { create }] of missing.entries()) {
    onProgress({ phase: "indexing", done, total: missing.length, unit: "indexes" });
    await sql.unsafe(create);
  }
  await endLoad(sql, model);
  await enter(sql, model, "following");
}

async function enter(sql: Sql, model: ReadModel, phase: Phase): Promise<void> {
  await sql`update rebuilds set phase = ${phase}, changed_at = now() where projection = ${model.name}`;
}
