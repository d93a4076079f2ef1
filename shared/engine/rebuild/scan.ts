// The event store read from end to end, stream by stream, each whole: in the order of its primary key, a chunk
// of streams as one text. Must never hold a transaction open for longer than a chunk.
import type { PendingQuery, Row } from "postgres";
import type { EventMetadata, StoredEvent } from "@millrace/events/envelope";
import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Place } from "./place.ts";

/** A share of a category's streams: those past `after`, up to and with `upTo`. */
export interface StreamRange {
  readonly after: string;
  readonly upTo: string | null;
}

export interface Chunk {
  /** In the order of their streams, each stream's in order. No stream is cut. */
  readonly events: readonly StoredEvent[];
  /** Streams up to this one have been read; undefined at the range's end. */
  readonly next: string | undefined;
  /** A stream that no chunk holds, which has therefore not been read. */
  readonly tooLong?: string;
}

/** Events in one chunk: few enough that what is made of them is written while it is still in the processor's caches. */
const CHUNK_EVENTS_MAX = 2_500;

/** Events, and bytes as above, of a stream that fills a chunk alone; a longer one is read page by page, by others. */
const ALONE_EVENTS_MAX = 12_000;
const ALONE_BYTES_MAX = 32 * 1_048_576;

/**
 * Data in one chunk, as it is stored, where large texts are compressed some five times. As much again is under way
 * for each range: what is read ahead, and what is being written.
 */
const CHUNK_BYTES_MAX = 8 * 1_048_576;

/** No read model shows it. */
const UNREAD: EventMetadata = { actor: "", correlationId: "", causationId: "" };

/** The next streams of the range. */
export async function readChunk(sql: Sql, category: string, range: StreamRange): Promise<Chunk> {
  const within = sql`
    stream > ${range.after} and ${rangeEnd(sql, category, range)} and starts_with(stream, ${`${category}-`})`;
  const { events, isCut } = await readEvents(sql, within, {
    events: CHUNK_EVENTS_MAX,
    bytes: CHUNK_BYTES_MAX,
  });
  if (!isCut) return { events, next: undefined };
  // The last stream may go on past the bound: it is the next chunk's first.
  const cut = events.at(-1)?.stream as string;
  const whole = events.filter((event) => event.stream !== cut);
  const next = whole.at(-1)?.stream;
  if (next !== undefined) return { events: whole, next };
  // It fills the chunk alone: a chunk of its own.
  const alone = await readEvents(sql, sql`stream = ${cut}`, {
    events: ALONE_EVENTS_MAX,
    bytes: ALONE_BYTES_MAX,
  });
  return alone.isCut ? { events: [], next: cut, tooLong: cut } : { events: alone.events, next: cut };
}

interface Bounds {
  readonly events: number;
  readonly bytes: number;
}

interface Events {
  readonly events: StoredEvent[];
  /** There may be more. */
  readonly isCut: boolean;
}

/** As many as the bounds allow, and at least one where there is any. */
async function readEvents(sql: Sql, within: PendingQuery<Row[]>, max: Bounds): Promise<Events> {
  return (await readLight(sql, within, max)) ?? (await readWeighed(sql, within, max));
}

/** Undefined where one of them is so large that as many of its size would break the bound: most stores hold none. */
async function readLight(sql: Sql, within: PendingQuery<Row[]>, max: Bounds): Promise<Events | undefined> {
  const light = sql`pg_column_size(data) <= ${Math.floor(max.bytes / max.events)}::bigint`;
  const [row] = await sql<{ is_cut: boolean; is_light: boolean; text: string | null }[]>`
    with found as (${found(sql, within, max)})
    select count(*) = ${max.events} as is_cut, coalesce(bool_and(${light}), true) as is_light,
      string_agg(${printedEvent(sql)}, E'\n' order by stream, version) filter (where ${light}) as text
    from found`;
  return row?.is_light ? { events: parseEvents(row.text ?? ""), isCut: row.is_cut } : undefined;
}

/** Up to where their data breaks the bound, which takes a fifth more of Postgres. */
async function readWeighed(sql: Sql, within: PendingQuery<Row[]>, max: Bounds): Promise<Events> {
  const [row] = await sql<{ is_cut: boolean; text: string | null }[]>`
    with found as (${found(sql, within, max)}), weighed as (
      select *, sum(pg_column_size(data)) over (order by stream, version rows unbounded preceding)
        - pg_column_size(data) as before from found
    )
    select count(*) = ${max.events} or bool_or(before >= ${max.bytes}) as is_cut,
      string_agg(${printedEvent(sql)}, E'\n' order by stream, version) filter (where before < ${max.bytes}) as text
    from weighed`;
  return { events: parseEvents(row?.text ?? ""), isCut: row?.is_cut === true };
}

function found(sql: Sql, within: PendingQuery<Row[]>, max: Bounds) {
  return sql`
    select stream, version, type, schema_version, at, data from events
    where ${within} order by stream, version limit ${max.events}`;
}

/** See parseEvents. */
function printedEvent(sql: Sql) {
  return sql`
    concat_ws(E'\t', stream, version, type, schema_version, date_part('epoch', at)) || E'\n' || data::text`;
}

/** A range begins with a stream's name, or with the category alone. */
export function categoryOf({ after }: StreamRange): string {
  return after.split("-")[0] ?? after;
}

/** How many events the category has. */
export async function countEvents(sql: Sql, category: string): Promise<number> {
  const [row] = await sql<{ events: string }[]>`
    select count(*) as events from events
    where stream > ${category} and stream < ${past(category)} and starts_with(stream, ${`${category}-`})`;
  return Number(row?.events ?? 0);
}

/** Streams of which a copy lacks events, or has no row. */
export async function streamsBehind(
  sql: Sql,
  { rows, streamPrefix }: Pick<ReadModel, "rows" | "streamPrefix">,
  category: string,
  place: Place,
): Promise<string[]> {
  const behind = await sql<{ stream: string }[]>`
    select stream from (
      select stream, max(version) as version from events
      where stream > ${category} and stream < ${past(category)} and starts_with(stream, ${`${category}-`})
      group by stream
    ) as stored left join ${sql(place)}.${sql(rows)} as copy on copy.id = substr(stream, ${streamPrefix.length + 1})
    where stored.version > coalesce(copy.version, 0)`;
  return behind.map((row) => row.stream);
}

/** Cuts the category's streams into about as many ranges of about the same size. */
export async function cutRanges(sql: Sql, category: string, count: number): Promise<StreamRange[]> {
  // A sample of blocks will do: ranges differ in size, and none is wrong.
  const cuts = await sql<{ cut: string }[]>`
    with sample as (
      select stream from events tablesample system (2) repeatable (1)
      where starts_with(stream, ${`${category}-`}) limit 20000
    ), dealt as (select stream, ntile(${count}) over (order by stream) as share from sample)
    select max(stream) as cut from dealt group by share having share < ${count} order by max(stream)`;
  const bounds = [...new Set(cuts.map((row) => row.cut))];
  return [...bounds, null].map((upTo, index) => ({ after: bounds[index - 1] ?? category, upTo }));
}

function rangeEnd(sql: Sql, category: string, { upTo }: StreamRange) {
  return upTo === null ? sql`stream < ${past(category)}` : sql`stream <= ${upTo}`;
}

/** A text that sorts after every stream of the category, in any collation: its name with a later last letter. */
function past(category: string): string {
  const last = category.charCodeAt(category.length - 1);
  return category.slice(0, -1) + String.fromCharCode(last + 1);
}

/** Two lines an event: a head with tabs between, and its data. Neither holds a newline: JSON text has none. */
function parseEvents(text: string): StoredEvent[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const events: StoredEvent[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [stream = "", version, type = "", schemaVersion, at] = (lines[index] as string).split("\t");
    events.push({
      stream,
      version: Number(version),
      type,
      schemaVersion: Number(schemaVersion),
      at: new Date(Math.round(Number(at) * 1_000)).toISOString(),
      metadata: UNREAD,
      data: lines[index + 1] as string,
    });
  }
  return events;
}
