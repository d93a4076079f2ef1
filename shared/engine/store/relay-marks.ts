// What the relay remembers beside the outbox: where in Kafka its last records went, and which topics it has to
// fill again. Must never be taken for what has been published: neither says that.
import { sql as statement } from "drizzle-orm";
import type { StoredEvent } from "@millrace/events/envelope";
import type { Database, Sql, SqlTx } from "@millrace/platform/postgres";
import type { Hold } from "./held-streams.ts";
import { LANES } from "./lanes.ts";
import { type EventRow, eventColumns, toStoredEvent } from "./stored-event.ts";

/** A place on Kafka that records were given. */
export interface Mark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Marks {
  readonly marks: readonly Mark[];
  /** How often each topic was found to be another one; none where it never was. */
  readonly generations: ReadonlyMap<string, number>;
}

export async function readMarks(sql: Sql): Promise<Marks> {
  const [marks, topics] = await Promise.all([
    sql<{ topic: string; partition: number; offset: string }[]>`
      select topic, partition, "offset" from relay_marks`,
    sql<{ topic: string; generation: number }[]>`select topic, generation from relay_topics`,
  ]);
  return {
    marks: marks.map((row) => ({ ...row, offset: Number(row.offset) })),
    generations: new Map(topics.map(({ topic, generation }) => [topic, generation])),
  };
}

/** A mark, and the generation of its topic that it was given in. */
export interface DatedMark extends Mark {
  readonly generation: number;
}

export interface Settled {
  /** Entries of the outbox whose events Kafka has, or that are set aside here. */
  readonly ids: readonly number[];
  readonly holds: readonly Hold[];
  readonly marks: readonly DatedMark[];
}

/**
 * Forgets entries of the outbox, in the statement that sets aside what Kafka refused of them and remembers where the
 * others went: no crash loses an event between the two, or the evidence of one that Kafka loses later. A mark never
 * falls, unless its topic has become another one; a mark of the topic before is passed over.
 */
export async function settle(sql: Sql, { ids, holds, marks }: Settled): Promise<void> {
  if (ids.length === 0 && holds.length === 0 && marks.length === 0) return;
  await sql`
    with marked as (
      insert into relay_marks (topic, partition, "offset")
      select topic, partition, "offset"
      from json_to_recordset(${JSON.stringify(marks)}::text::json)
        as given(topic text, partition integer, "offset" bigint, generation integer)
      where generation = coalesce((select known.generation from relay_topics as known where known.topic = given.topic), 0)
      order by topic, partition
      on conflict (topic, partition) do update set "offset" = greatest(relay_marks."offset", excluded."offset")
    ), held as (
      insert into relay_held (stream, lane, topic, partition, version, last, cause)
      select stream, lane, topic, partition, version, last, cause
      from json_to_recordset(${JSON.stringify(holds)}::text::json)
        as given(stream text, lane smallint, topic text, partition integer, version integer, last integer, cause text)
      order by stream
      on conflict (stream) do update set
        version = least(relay_held.version, excluded.version), last = greatest(relay_held.last, excluded.last)
    )
    delete from outbox where id = any(${ids as number[]}::bigint[])`;
}

/** A topic that has to be given a lane's events again, those after `position`. */
export interface Refill {
  readonly topic: string;
  readonly lane: number;
  readonly position: number;
  /** Tells this request from a later one for the same topic; Postgres' text. */
  readonly requestedAt: string;
}

/**
 * Has the topic filled again, every lane of it from the first event on, and forgets where its records went. Answers
 * false where another relay has asked since this generation.
 */
export async function requestRefill(sql: Sql, topic: string, generation: number): Promise<boolean> {
  return await sql.begin(async (tx) => {
    const [isNew] = await tx`
      insert into relay_topics (topic, generation) values (${topic}, ${generation + 1})
      on conflict (topic) do update set generation = excluded.generation where relay_topics.generation = ${generation}
      returning topic`;
    if (!isNew) return false;
    await tx`delete from relay_marks where topic = ${topic}`;
    await tx`
      insert into relay_refills (topic, lane) select ${topic}, lane from generate_series(0, ${LANES - 1}) as lane
      on conflict (topic, lane) do update set position = 0, requested_at = now()`;
    return true;
  });
}

/**
 * Has the topic's events sent once more where a consumer finds that Kafka has forgotten some before it read them. A
 * refill that is under way is enough: what it has sent is younger than what was forgotten. Part of `tx`.
 */
export async function requestForgotten(tx: Pick<Database, "execute">, topic: string): Promise<void> {
  await tx.execute(statement`
    insert into relay_refills (topic, lane)
    select ${topic}, lane from generate_series(0, ${LANES - 1}::integer) as lane
    on conflict do nothing`);
}

/** Has every event of the topic sent once more, also where that is under way: what it held is gone. */
export function requestWhole(tx: SqlTx, topic: string): Promise<{ readonly count: number }> {
  return tx`
    insert into relay_refills (topic, lane) select ${topic}, lane from generate_series(0, ${LANES - 1}) as lane
    on conflict (topic, lane) do update set position = 0, requested_at = now()`;
}

export async function readRefills(sql: Sql, lanes: readonly number[]): Promise<Refill[]> {
  const rows = await sql<{ topic: string; lane: number; position: string; requestedAt: string }[]>`
    select topic, lane, position, requested_at::text as "requestedAt" from relay_refills where lane = any(${lanes as number[]}::int[]) order by topic, lane`;
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
}

/**
 * Events up to `position` are on Kafka again; without a position, all are. Of one topic and one request: a topic
 * that was created anew once more meanwhile is begun again.
 */
export async function moveRefills(sql: Sql, refills: readonly Refill[], position?: number): Promise<void> {
  const [first] = refills;
  if (!first) return;
  const lanes = refills.map((refill) => refill.lane);
  const ours = sql`
    topic = ${first.topic} and lane = any(${lanes}::int[]) and requested_at = ${first.requestedAt}::timestamptz`;
  if (position === undefined) await sql`delete from relay_refills where ${ours}`;
  else await sql`update relay_refills set position = ${position} where ${ours}`;
}

/** What is read of a category, and how far that goes. */
export interface EventsRead {
  readonly events: readonly StoredEvent[];
  /** All events up to this position have been read. */
  readonly upTo: number;
}

export interface PositionRange {
  readonly category: string;
  readonly after: number;
  readonly upTo: number;
  /** Of the events' data; one event is read however large it is. */
  readonly bytesMax: number;
}

/** The category's events in (after, upTo], in order of position, which within a stream is its order. */
export async function readEventsByPosition(sql: Sql, range: PositionRange): Promise<EventsRead> {
  const rows = await sql<(EventRow & { position: string; isCut: boolean })[]>`
    with weighed as (
      select position, ${eventColumns(sql)},
        sum(octet_length(data::text)) over (order by position) - octet_length(data::text) as before
      from events
      where position > ${range.after} and position <= ${range.upTo} and stream like ${`${range.category}-%`}
    )
    select *, (select max(before) from weighed) >= ${range.bytesMax} as "isCut" from weighed
    where before < ${range.bytesMax} order by position`;
  const last = rows.at(-1);
  return { events: rows.map(toStoredEvent), upTo: last?.isCut ? Number(last.position) : range.upTo };
}
