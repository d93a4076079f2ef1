// Entries of the trail, read in pages.
import type { Sql } from "@millrace/platform/postgres";
import type { Entry } from "./entry.ts";

export type KeptEntry = Entry & { readonly hash: string };

/** Each field that is given has to be equal. */
export interface TrailFilter {
  readonly actor?: string;
  readonly act?: string;
  readonly target?: string;
  /** A position: only earlier ones. */
  readonly before?: number;
}

/** The newest first. */
export function newestEntries(sql: Sql, limit: number, filter: TrailFilter = {}): Promise<KeptEntry[]> {
  const { actor, act, target, before } = filter;
  return sql<KeptEntry[]>`
    ${entries(sql)}
    where true
      ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
      ${act === undefined ? sql`` : sql`and act = ${act}`}
      ${target === undefined ? sql`` : sql`and target = ${target}`}
      ${before === undefined ? sql`` : sql`and trail.position < ${before}`}
    order by trail.position desc limit ${limit}`;
}

/** The oldest first, from after a position. */
export function entriesAfter(sql: Sql, position: number, limit: number): Promise<KeptEntry[]> {
  return sql<KeptEntry[]>`
    ${entries(sql)} where trail.position > ${position} order by trail.position limit ${limit}`;
}

function entries(sql: Sql) {
  return sql`
    select position::float8 as position, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
      login, actor, authn, origin, act, target, details::text as details, encode(hash, 'hex') as hash
    from trail`;
}
