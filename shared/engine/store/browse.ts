// The event store as a person looks through it: streams by name, the newest events, what one request led to. Must
// never read more than a page's worth, however much there is.
import type { StoredEvent } from "@millrace/events/envelope";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { lastPosition } from "./position.ts";

/** An event without what it says, which may be a megabyte. */
export interface PlacedHead extends Omit<StoredEvent, "data"> {
  /** Order of insertion. */
  readonly position: number;
}

export interface PlacedEvent extends PlacedHead {
  /** JSON text. */
  readonly data: string;
}

/** Bytes of what events say in one page of a stream. */
const PAGE_BYTES_MAX = 2_000_000;

export interface StreamSummary {
  readonly stream: string;
  /** Of its last event. */
  readonly version: number;
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Positions that one look for a correlation goes through: no index leads there, and this many take some 100 ms. */
export const LOOKED_THROUGH_MAX = 100_000;

/** Streams whose names begin so and come after `after`, in order of their names: one look into the index each. */
export async function findStreams(
  sql: Sql,
  { prefix, after = "", limit }: { prefix: string; after?: string; limit: number },
): Promise<StreamSummary[]> {
  const from = after > prefix ? after : prefix;
  const rows = await attempt(
    "looking for streams",
    sql<StreamSummary[]>`
      with recursive ladder(stream, step) as (
        (select stream, 1 from events where case when ${after > prefix} then stream > ${from} else stream >= ${from} end
          order by stream limit 1)
        union all
        select (select events.stream from events where events.stream > ladder.stream order by events.stream limit 1), step + 1
        from ladder where ladder.stream is not null and starts_with(ladder.stream, ${prefix}) and step < ${limit}
      )
      select last.* from ladder cross join lateral (
        select stream, version, type, ${utc(sql)} as at from events
        where events.stream = ladder.stream order by version desc limit 1) as last
      where starts_with(ladder.stream, ${prefix}) order by last.stream`,
  );
  return [...rows];
}

/** The newest events before that position, or of all, the newest first. */
export async function newestEvents(
  sql: Sql,
  { before, limit }: { before?: number; limit: number },
): Promise<PlacedHead[]> {
  const end = before ?? (await attempt("reading the last position", lastPosition(sql))) + 1;
  // Positions have gaps, where appends were rolled back: so many more are looked at than are wanted.
  const start = end - limit * 20;
  const rows = await attempt(
    "reading the newest events",
    sql<EventRow[]>`
      select ${columns(sql)} from events where position >= ${start} and position < ${end}
      order by position desc limit ${limit}`,
  );
  return rows.map(placed);
}

/** A stream's events after that version, the oldest first, as many as come to a page's bytes; one at least. */
export async function readStream(
  sql: Sql,
  stream: string,
  { after, limit }: { after: number; limit: number },
): Promise<{ readonly events: readonly PlacedEvent[]; readonly more: boolean }> {
  const rows = await attempt(
    "reading a stream",
    sql<(EventRow & { data: string | null })[]>`
      select *, case when bytes <= ${PAGE_BYTES_MAX} or bytes = octet_length(whole) then whole end as data
      from (
        select *, sum(octet_length(whole)) over (order by version rows unbounded preceding) as bytes
        from (
          select ${columns(sql)}, data::text as whole from events where stream = ${stream} and version > ${after}
          order by version limit ${limit + 1}) as found
      ) as measured order by version`,
  );
  const events: PlacedEvent[] = [];
  for (const row of rows.slice(0, limit))
    if (row.data !== null) events.push({ ...placed(row), data: row.data });
  return { events, more: events.length < rows.length };
}

/** Of a stream's last event; undefined where there is no such stream. */
export async function lastVersion(sql: Sql, stream: string): Promise<number | undefined> {
  const [last] = await attempt(
    "reading a stream's version",
    sql<
      { version: number }[]
    >`select version from events where stream = ${stream} order by version desc limit 1`,
  );
  return last?.version;
}

export interface Correlated {
  /** In order of position. */
  readonly events: readonly PlacedHead[];
  /** Positions that were looked at: from, and up to but without. */
  readonly from: number;
  readonly before: number;
  /** More events than are shown. */
  readonly more: boolean;
}

/** What one request led to, among the events before that position, or around one that is known to be of it. */
export async function correlatedEvents(
  sql: Sql,
  correlationId: string,
  { before, around, limit }: { before?: number; around?: number; limit: number },
): Promise<Correlated> {
  const last = (await attempt("reading the last position", lastPosition(sql))) + 1;
  const end =
    before ?? (around === undefined ? last : Math.min(last, around + Math.floor(LOOKED_THROUGH_MAX / 2)));
  const from = Math.max(1, end - LOOKED_THROUGH_MAX);
  const rows = await attempt(
    "looking for correlated events",
    sql<EventRow[]>`
      select ${columns(sql)} from events
      where position >= ${from} and position < ${end} and metadata ->> 'correlationId' = ${correlationId}
      order by position limit ${limit + 1}`,
  );
  return { events: rows.slice(0, limit).map(placed), from, before: end, more: rows.length > limit };
}

interface EventRow extends Omit<StoredEvent, "metadata" | "data"> {
  readonly metadata: string;
  readonly position: string;
}

function columns(sql: Sql) {
  return sql`position, stream, version, type, schema_version as "schemaVersion", ${utc(sql)} as at,
    metadata::text as metadata`;
}

function utc(sql: Sql) {
  return sql`to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function placed({ stream, version, type, schemaVersion, at, metadata, position }: EventRow): PlacedHead {
  const place = { stream, version, position: Number(position) };
  return { ...place, type, schemaVersion, at, metadata: JSON.parse(metadata) };
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
