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
  /** Foreign records that were passed over. */
  readonly foreign: number;
  /** Keys with parked records, and how many of those wait for nothing but newer code. */
  readonly parkedKeys: number;
  readonly waitingKeys: number;
  /** Why nothing of the partition goes on; null where something does, or nothing has to. */
  readonly standsStill: string | null;
}

export async function readOwners(sql: Sql): Promise<Owned[]> {
  const rows = await sql<
    (Omit<Owned, "epoch" | "offset" | "foreign"> & Record<"epoch" | "offset" | "foreign", string>)[]
  >`
    with keys as (
      select projection, topic, partition, bool_or(kind = 'failed') as failed
      from dead_letters group by projection, topic, partition, key
    ), parked as (
      select projection, topic, partition, count(*)::int as keys,
        (count(*) filter (where not failed))::int as waiting
      from keys group by projection, topic, partition
    )
    select projection, topic, partition, owner, epoch, "offset", foreign_records as foreign,
      stands_still as "standsStill",
      coalesce(keys, 0) as "parkedKeys", coalesce(waiting, 0) as "waitingKeys",
      to_char(claimed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since,
      to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as moved
    from checkpoints left join parked using (projection, topic, partition)
    order by projection, topic, partition`;
  return rows.map((row) => ({
    ...row,
    epoch: Number(row.epoch),
    offset: Number(row.offset),
    foreign: Number(row.foreign),
  }));
}
