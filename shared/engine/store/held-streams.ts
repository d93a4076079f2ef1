// Streams that the relay has set aside, since Kafka refuses an event of theirs: the events wait in the store, not in the
// outbox. Must never let go of an event before Kafka has it, nor of one before those that come before it in its stream.
import type { StoredEvent } from "@millrace/events/envelope";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { LANES } from "./lanes.ts";
import { type EventRow, eventColumns, toStoredEvent } from "./stored-event.ts";

/** A stream's events from `version` up to and with `last`, which wait. */
export interface Hold {
  readonly stream: string;
  readonly lane: number;
  readonly topic: string;
  /** -1 where the topic's partitions are not known. */
  readonly partition: number;
  readonly version: number;
  readonly last: number;
  readonly cause: string;
}

/** As people are shown it. */
export interface HeldStream extends Hold {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly attempts: number;
}

export interface HeldSummary {
  readonly streams: number;
  readonly events: number;
  /** Age of the oldest hold; 0 where there is none. */
  readonly oldestMs: number;
  /** The oldest. */
  readonly first: readonly HeldStream[];
}

/** Which of these streams are set aside. */
export async function heldAmong(sql: Sql, streams: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ stream: string }[]>`
    select stream from relay_held where stream = any(${streams as string[]}::text[])`;
  return new Set(rows.map(({ stream }) => stream));
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Partitions for which streams of these lanes are set aside. */
export async function heldPlaces(sql: Sql, lanes: readonly number[]): Promise<Place[]> {
  return await sql<Place[]>`
    select distinct topic, partition from relay_held where lane = any(${lanes as number[]}::int[])
    order by topic, partition`;
}

/** A stream that is set aside, with the next of its events. */
export interface Waiting {
  readonly stream: string;
  readonly last: number;
  /** Empty where the store has none of them any more. */
  readonly events: readonly StoredEvent[];
}

/** Streams in one read, and events of each: what is read for a bound on bytes is weighed whole by Postgres. */
const STREAMS_MAX = 32;
const EVENTS_MAX = 8;

/** Streams of one partition, the longest untried first, up to so many bytes of events and one event more. */
export async function readWaiting(
  sql: Sql,
  { lanes, topic, partition, bytesMax }: Place & { lanes: readonly number[]; bytesMax: number },
): Promise<Waiting[]> {
  const rows = await sql<(EventRow & { held: string; last: number })[]>`
    with tried as (
      select stream, version, last, tried_at from relay_held
      where topic = ${topic} and partition = ${partition} and lane = any(${lanes as number[]}::int[])
      order by tried_at, stream limit ${STREAMS_MAX}
    ), weighed as (
      select tried.stream as held, tried.last, tried.tried_at, event.*,
        sum(bytes) over (order by tried_at, tried.stream, event.version rows unbounded preceding) - bytes as before
      from tried left join lateral (
        select ${eventColumns(sql)}, octet_length(data::text) as bytes from events
        where events.stream = tried.stream and version between tried.version and tried.last
        order by version limit ${EVENTS_MAX}
      ) as event on true
    )
    select * from weighed where coalesce(before, 0) < ${bytesMax} order by tried_at, held, version`;
  return [...Map.groupBy(rows, ({ held }) => held)].map(([stream, ofStream]) => ({
    stream,
    last: (ofStream[0] as { last: number }).last,
    events: ofStream.filter((row) => row.stream !== null).map(toStoredEvent),
  }));
}

/** What became of a try: Kafka has the stream's events up to and with `sent`. */
export interface Tried {
  readonly stream: string;
  readonly sent: number;
  /** Why the next one was refused; null where none was. */
  readonly cause: string | null;
}

/**
 * Lets go of streams whose last event has been sent. One that an event came to meanwhile keeps waiting, since its row has
 * changed.
 */
export async function noteTries(sql: Sql, tried: readonly Tried[]): Promise<void> {
  if (tried.length === 0) return;
  await sql`
    with tried as (
      select * from json_to_recordset(${JSON.stringify(tried)}::text::json) as given(stream text, sent integer, cause text)
    ), done as (
      delete from relay_held using tried where relay_held.stream = tried.stream and last <= sent
    )
    update relay_held set
      version = greatest(version, sent + 1), cause = coalesce(tried.cause, relay_held.cause),
      attempts = attempts + 1, tried_at = clock_timestamp()
    from tried where relay_held.stream = tried.stream and last > sent`;
}

/** Why a stream's events don't reach Kafka; undefined where none is set aside. */
export async function holdOf(sql: Sql, stream: string): Promise<HeldStream | undefined> {
  const [row] = await attempt(
    "looking whether a stream is set aside",
    sql<HeldStream[]>`select ${shown(sql)} from relay_held where stream = ${stream}`,
  );
  return row;
}

/** Streams named in a summary. */
const NAMED_MAX = 10;

/** Of all lanes, unless some are named. */
export async function summarizeHeld(
  sql: Sql,
  lanes: readonly number[] = [...Array(LANES).keys()],
): Promise<HeldSummary> {
  const of = sql`relay_held where lane = any(${lanes as number[]}::int[])`;
  const [[total], first] = await attempt(
    "reading what is set aside",
    Promise.all([
      sql`
        select count(*)::int as streams, coalesce(sum(last - version + 1), 0)::int as events,
          coalesce(round(extract(epoch from clock_timestamp() - min(since)) * 1000), 0)::float8 as "oldestMs" from ${of}`,
      sql<HeldStream[]>`select ${shown(sql)} from ${of} order by since limit ${NAMED_MAX}`,
    ]),
  );
  return { ...(total as { streams: number; events: number; oldestMs: number }), first: [...first] };
}

/** Events that are set aside, by partition. */
export async function readHeldLag(sql: Sql): Promise<(Place & { readonly events: number })[]> {
  return await attempt(
    "reading what is set aside",
    sql<(Place & { events: number })[]>`
      select topic, partition, sum(last - version + 1)::int as events from relay_held
      group by topic, partition order by topic, partition`,
  );
}

function shown(sql: Sql) {
  return sql`
    stream, lane, topic, partition, version, last, cause, attempts,
    to_char(since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since`;
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
