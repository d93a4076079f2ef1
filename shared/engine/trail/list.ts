// Entries as they are read again, in pages.
import type { Sql } from "@millrace/platform/postgres";
import type { Entry } from "./entry.ts";

export type KeptEntry = Entry & { readonly hash: string };

/** The newest first. */
export function newestEntries(sql: Sql, limit: number): Promise<KeptEntry[]> {
  return sql<KeptEntry[]>`select * from (${entries(sql)}) as kept order by position desc limit ${limit}`;
}

/** The oldest first, from after a position. */
export function entriesAfter(sql: Sql, position: number, limit: number): Promise<KeptEntry[]> {
  return sql<KeptEntry[]>`
    select * from (${entries(sql)}) as kept where position > ${position} order by position limit ${limit}`;
}

function entries(sql: Sql) {
  return sql`
    select position::float8 as position, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
      login, actor, authn, origin, act, target, details::text as details, encode(hash, 'hex') as hash
    from trail`;
}
