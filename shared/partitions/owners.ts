// Which process owns which partition, since when, and at which offset.
import type { Sql } from "@millrace/platform/postgres";

export interface Owned {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
  /** `host:pid` */
  readonly owner: string;
  /** When it claimed the partition, and when it last moved its checkpoint: ISO 8601, UTC. */
  readonly since: string;
  readonly moved: string;
  readonly epoch: number;
  /** The next one to be handled. */
  readonly offset: number;
}

export async function readOwners(sql: Sql): Promise<Owned[]> {
  const rows = await sql<(Omit<Owned, "epoch" | "offset"> & { epoch: string; offset: string })[]>`
    select projection, topic, partition, owner, epoch, "offset",
      to_char(claimed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since,
      to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as moved
    from checkpoints order by projection, topic, partition`;
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch), offset: Number(row.offset) }));
}
