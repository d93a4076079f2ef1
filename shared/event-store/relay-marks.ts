// What the relay remembers beside the outbox: where in Kafka its last records went, and which topics it has to
// fill again. Must never be read by anyone else: neither says what has been published.
import { sql as statement } from "drizzle-orm";
import type { StoredEvent } from "@millrace/contract/envelope";
import { LANES } from "@millrace/contract/lanes";
import type { Database, Sql } from "@millrace/platform/postgres";

/** A place on Kafka that records were given. */
export interface Mark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export async function readMarks(sql: Sql): Promise<Mark[]> {
  const rows = await sql<{ topic: string; partition: number; offset: string }[]>`
    select topic, partition, "offset" from relay_marks`;
  return rows.map((row) => ({ ...row, offset: Number(row.offset) }));
}

/** Raises the marks; one that stands higher already stays. */
export async function raiseMarks(sql: Sql, marks: readonly Mark[]): Promise<void> {
  await sql`
    insert into relay_marks (topic, partition, "offset")
    select topic, partition, "offset"
    from json_to_recordset(${JSON.stringify(marks)}::text::json) as given(topic text, partition integer, "offset" bigint)
    order by topic, partition
    on conflict (topic, partition) do update set "offset" = greatest(relay_marks."offset", excluded."offset")`;
}

/** A topic that has to be given a lane's events again, those after `position`. */
export interface Refill {
  readonly topic: string;
  readonly lane: number;
  readonly position: number;
  /** Tells this request from a later one for the same topic; Postgres' text. */
  readonly requestedAt: string;
}

/** Has the topic filled again, every lane of it from the first event on, and forgets where its records went. */
export async function requestRefill(sql: Sql, topic: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from relay_marks where topic = ${topic}`;
    await tx`
      insert into relay_refills (topic, lane) select ${topic}, lane from generate_series(0, ${LANES - 1}) as lane
      on conflict (topic, lane) do update set position = 0, requested_at = now()`;
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

/** The category's events in (after, upTo], in order of position, which within a stream is its order. */
export async function readEventsByPosition(
  sql: Sql,
  range: { category: string; after: number; upTo: number },
): Promise<StoredEvent[]> {
  const rows = await sql<(Omit<StoredEvent, "metadata"> & { metadata: string })[]>`
    select stream, version, type, schema_version as "schemaVersion",
      to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metadata::text, data::text
    from events
    where position > ${range.after} and position <= ${range.upTo} and stream like ${`${range.category}-%`}
    order by position`;
  return rows.map((row) => ({ ...row, metadata: JSON.parse(row.metadata) }));
}
