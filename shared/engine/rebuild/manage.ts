// What can be done with a copy once it stands: look at it, switch to it, go back, drop it.
import type { KafkaClient } from "@millrace/kafka/client";
import { Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { forgetName } from "@millrace/projector/projection-names";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Doer } from "@millrace/trail/doer";
import { recordAct } from "@millrace/trail/record";
import type { Phase } from "./begin.ts";
import { type Comparison, compareWhole } from "./compare-whole.ts";
import { connectCopy } from "./copy-connections.ts";
import { follow } from "./follow.ts";
import { untilLevel } from "./level.ts";
import { holdModel } from "./lock.ts";
import { nameAt, type Place } from "./place.ts";
import type { Progress } from "./rebuild.ts";
import { dropTables, standsAt } from "./shadow.ts";
import { type SwitchOutcome, switchOver } from "./switch.ts";

export interface CopyOptions {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly model: ReadModel;
  readonly log: Log;
  readonly by: Doer;
  readonly acceptDifferences: boolean;
  onProgress(progress: Progress): void;
}

/** Goes back to what was live before the switch, once it has taken in what has happened since. */
export function goBack(options: CopyOptions): Promise<{ comparison: Comparison; outcome: SwitchOutcome }> {
  return bringLive(options, "previous");
}

async function bringLive(options: CopyOptions, place: Place) {
  const { sql, model } = options;
  const held = await holdModel(options.databaseUrl, model);
  const copy = connectCopy(options.databaseUrl, place);
  try {
    if (!(await standsAt(sql, model, place)) || (await standsAt(sql, model, "next"))) {
      const message = `${model.name} has no way back: ${nameAt(model, place)} does not stand alone`;
      throw new Failure("nothing_to_switch_to", message, false);
    }
    const follower = await follow({ ...options, db: copy.db, place });
    try {
      await untilLevel(options, follower);
      const comparison = await compareWhole({ ...options, place });
      const outcome = await switchOver({
        ...options,
        from: place,
        follower,
        compared: comparison,
        loadedXid: null,
      });
      return { comparison, outcome };
    } finally {
      await follower.stop();
    }
  } finally {
    await copy.end();
    await held.release();
  }
}

/** Drops what stands beside the live read model: an unfinished rebuild, the way back, or both. */
export async function dropCopies(
  options: Pick<CopyOptions, "sql" | "databaseUrl" | "model" | "by">,
): Promise<Place[]> {
  const { sql, model, by } = options;
  const held = await holdModel(options.databaseUrl, model);
  try {
    return await sql.begin(async (tx) => {
      const dropped: Place[] = [];
      for (const place of ["next", "previous"] as const) {
        if (await standsAt(tx, model, place)) dropped.push(place);
        await dropTables(tx, model, place);
        await forgetName(tx, nameAt(model, place));
      }
      await tx`delete from rebuild_ranges where projection = ${model.name}`;
      await tx`delete from rebuilds where projection = ${model.name}`;
      if (dropped.length > 0) {
        await recordAct(tx, by, { name: "projection.drop", target: model.name, details: { dropped } });
      }
      return dropped;
    });
  } finally {
    await held.release();
  }
}

export interface ProjectionStatus {
  readonly projection: string;
  /** As Postgres estimates them. */
  readonly rows: number;
  readonly rebuild: {
    readonly phase: Phase;
    readonly events: number;
    readonly loaded: number;
    readonly startedAt: string;
    readonly changedAt: string;
    readonly comparison: Omit<Comparison, "unequal"> | null;
  } | null;
  /** What stands beside the live one. */
  readonly copies: readonly Place[];
}

export async function projectionStatus(sql: Sql, models: readonly ReadModel[]): Promise<ProjectionStatus[]> {
  return Promise.all(models.map((model) => statusOf(sql, model)));
}

async function statusOf(sql: Sql, model: ReadModel): Promise<ProjectionStatus> {
  const { name } = model;
  const [row] = await sql<{ rows: string }[]>`
    select greatest(0, c.reltuples)::bigint as rows from pg_class as c
    where c.oid = ${`public.${model.rows}`}::regclass`;
  const [rebuild] = await sql<
    {
      phase: Phase;
      events: string;
      loaded: string;
      started: string;
      changed: string;
      comparison: string | null;
    }[]
  >`
    select phase, events, comparison::text as comparison,
      to_char(started_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as started,
      to_char(changed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as changed,
      (select coalesce(sum(events), 0) from rebuild_ranges where projection = ${name}) as loaded
    from rebuilds where projection = ${name}`;
  const copies: Place[] = [];
  for (const place of ["next", "previous"] as const)
    if (await standsAt(sql, model, place)) copies.push(place);
  return {
    projection: name,
    rows: Number(row?.rows ?? 0),
    copies,
    rebuild: rebuild
      ? {
          phase: rebuild.phase,
          events: Number(rebuild.events),
          loaded: Number(rebuild.loaded),
          startedAt: rebuild.started,
          changedAt: rebuild.changed,
          comparison: rebuild.comparison === null ? null : JSON.parse(rebuild.comparison),
        }
      : null,
  };
}
