// A rebuild's first transaction, and what it left to go on from.
import { topicOffsets } from "@millrace/kafka/admin";
import type { KafkaClient } from "@millrace/kafka/client";
import { Failure } from "@millrace/platform/failure";
import type { Sql } from "@millrace/platform/postgres";
import { beginCheckpoints } from "@millrace/projector/projection-names";
import type { ReadModel } from "@millrace/read-models/read-model";
import { presentXid } from "./compare.ts";
import type { Range } from "./load.ts";
import { nameAt } from "./place.ts";
import { countEvents, cutRanges, type StreamRange } from "./scan.ts";
import { createShadow, standsAt } from "./shadow.ts";

export type Phase = "loading" | "indexing" | "following" | "switched";

export interface Rebuild {
  readonly phase: Phase;
  readonly events: number;
  readonly startedXid: number;
  readonly startedAt: string;
  readonly changedAt: string;
}

/** The rebuild that is under way; undefined where there is none. @throws Failure `previous_stands` */
export async function findRebuild(sql: Sql, model: ReadModel): Promise<Rebuild | undefined> {
  const { name } = model;
  const [row] = await sql<{ phase: Phase; events: string; xid: string; started: string; changed: string }[]>`
    select phase, events, started_xid as xid, started_at as started, changed_at as changed
    from rebuilds where projection = ${name}`;
  if (row?.phase === "switched") {
    throw previousStands(name);
  }
  return (
    row && {
      phase: row.phase,
      events: Number(row.events),
      startedXid: Number(row.xid),
      startedAt: row.started,
      changedAt: row.changed,
    }
  );
}

function previousStands(name: string): Failure {
  const message = `${name} was rebuilt before, and its former rows still stand by as the way back, so nothing was done. \`bun run ops projections drop ${name}\` gives that way up; then it can be rebuilt again`;
  return new Failure("previous_stands", message, false);
}

/**
 * Where Kafka ends is asked before the first stream is read: an event that a read does not see commits after
 * it, so it is published after it, at these offsets or later.
 */
export async function beginRebuild(options: {
  readonly sql: Sql;
  readonly kafka: KafkaClient;
  readonly model: ReadModel;
  readonly ranges: number;
}): Promise<void> {
  const { sql, model } = options;
  const { name } = model;
  if (await standsAt(sql, model, "previous")) {
    throw previousStands(name);
  }
  const sources: { topic: string; offsets: Awaited<ReturnType<typeof topicOffsets>> }[] = [];
  for (const { topic } of model.sources) {
    sources.push({ topic, offsets: await topicOffsets(options.kafka, topic) });
  }
  let events = 0;
  const ranges: StreamRange[] = [];
  for (const { category } of model.sources) {
    events += await countEvents(sql, category);
    ranges.push(...(await cutRanges(sql, category, options.ranges)));
  }
  await sql.begin(async (tx) => {
    await tx`insert into rebuilds (projection, phase, events, started_xid)
      values (${name}, 'loading', ${events}, ${await presentXid(tx)})`;
    for (const [ordinal, { after, upTo }] of ranges.entries()) {
      await tx`insert into rebuild_ranges (projection, ordinal, after, up_to)
        values (${name}, ${ordinal}, ${after}, ${upTo})`;
    }
    for (const { topic, offsets } of sources) {
      await beginCheckpoints(tx, nameAt(model, "next"), topic, offsets);
    }
    await createShadow(tx, model);
  });
}

export async function unfinishedRanges(
  sql: Sql,
  model: ReadModel,
): Promise<{ ranges: Range[]; done: number; total: number }> {
  const rows = await sql<
    { ordinal: number; after: string; up_to: string | null; events: string; finished: boolean }[]
  >`
    select ordinal, after, up_to, events, finished from rebuild_ranges
    where projection = ${model.name} order by ordinal`;
  const [counted] = await sql<{ events: string }[]>`
    select events from rebuilds where projection = ${model.name}`;
  return {
    ranges: rows
      .filter((row) => !row.finished)
      .map(({ ordinal, after, up_to }) => ({ ordinal, after, upTo: up_to })),
    done: rows.reduce((sum, row) => sum + Number(row.events), 0),
    total: Number(counted?.events ?? 0),
  };
}
