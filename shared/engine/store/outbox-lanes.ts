// The lanes of the outbox: who holds each, how much waits in it, and since when.

import type { Sql } from "@millrace/platform/postgres";
import { LANES } from "./lanes.ts";

/** First half of the advisory lock that a relay holds a lane by; the lane is the second. */
export const LANE_LOCK = 7_405_118;

/**
 * Second half of the lock that each relay shares while it rests: only then do appends notify, see notify_relays
 * (migrations). No lane has this number.
 */
export const RESTING_LOCK = -1;

/** Second half of the lock that each relay's session shares, so that relays can count each other. */
export const RELAY_LOCK = -2;

/** An entry that is this old is not just on its way. */
const OLD_MS = 5_000;

export interface LaneStatus {
  readonly lane: number;
  /** Process id of the Postgres session that holds it; null where no relay does. */
  readonly session: number | null;
  /** ISO 8601, UTC. */
  readonly heldSince: string | null;
  readonly entries: number;
  readonly records: number;
  readonly oldestMs: number;
  /** Nobody holds it, or what waits in it waits for too long. */
  readonly stuck: boolean;
}

interface LaneRow {
  lane: number;
  session: number | null;
  held_since: string | null;
  entries: string;
  records: string;
  oldest_ms: number;
}

export async function readLanes(sql: Sql): Promise<LaneStatus[]> {
  const rows = await sql<LaneRow[]>`
    select lane, held.pid as session, held.since as held_since, coalesce(entries, 0) as entries,
      coalesce(records, 0) as records, coalesce(oldest_ms, 0)::float8 as oldest_ms
    from generate_series(0, ${LANES - 1}::int) as lane
    left join lateral (
      select locks.pid, to_char(started at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
      from pg_locks as locks join our_sessions() as session using (pid)
      where locktype = 'advisory' and classid = ${LANE_LOCK} and objid = lane and granted
        and locks.database = (select oid from pg_database where datname = current_database())
    ) as held on true
    left join (
      select lane, count(*) as entries, sum(records) as records,
        extract(epoch from clock_timestamp() - min(created_at)) * 1000 as oldest_ms
      from outbox group by lane
    ) as waiting using (lane)
    order by lane`;
  return rows.map(({ lane, session, held_since, entries, records, oldest_ms }) => ({
    lane,
    session,
    heldSince: held_since,
    entries: Number(entries),
    records: Number(records),
    oldestMs: Math.round(oldest_ms),
    stuck: session === null || oldest_ms > OLD_MS,
  }));
}
