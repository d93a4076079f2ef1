// Events by their places: what those need who keep no more of an event than where it stands.
import type { Sql, Statements } from "@millrace/platform/postgres";

export interface Place {
  readonly stream: string;
  readonly version: number;
}

export interface EventHead extends Place {
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Their data, JSON text as stored, in the order of the places; undefined where there is no such event. */
export async function dataAt(sql: Sql, places: readonly Place[]): Promise<(string | undefined)[]> {
  if (places.length === 0) return [];
  const rows = await sql<{ data: string | null }[]>`
    select events.data::text as data
    from rows from (json_to_recordset(${JSON.stringify(places)}::text::json) as (stream text, version integer))
      with ordinality as given(stream, version, place)
    left join events on events.stream = given.stream and events.version = given.version
    order by place`;
  return rows.map(({ data }) => data ?? undefined);
}

export interface PositionRange {
  /** Not itself among them. */
  readonly after: number;
  readonly upTo: number;
  /** ISO 8601: `since` is among them, `until` is not. */
  readonly since: string;
  readonly until: string;
}

/** In the order of insertion, which is that of each stream. */
export async function headsBetween(
  sql: Statements,
  { after, upTo, since, until }: PositionRange,
): Promise<EventHead[]> {
  return sql<EventHead[]>`
    select stream, version, type, to_json(at at time zone 'utc')#>>'{}' || 'Z' as at from events
    where position > ${after} and position <= ${upTo} and at >= ${since} and at < ${until}
    order by position`;
}
