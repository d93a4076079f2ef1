// The outbox as the relay sees it. Rows leave only after Kafka has acknowledged what they hold.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Sql } from "@millrace/platform/postgres";

/**
 * Bytes of events in one read of the outbox or the store, and one entry more: three of the largest. As text, parsed and
 * as requests, until they are collected, they take some forty times as much; a relay has 256 MB.
 */
export const READ_BYTES_MAX = 3 * 1_048_576;

/** Notified after every append while a relay rests, see notify_relays (migrations). Carries nothing. */
export const OUTBOX_CHANNEL = "millrace_outbox";

export interface OutboxEntry {
  readonly id: number;
  readonly events: readonly StoredEvent[];
}

export interface OutboxQuery {
  readonly lanes: readonly number[];
  /** Entries whose publishing is under way. */
  readonly except: readonly number[];
  readonly entriesMax: number;
}

export interface OutboxRead {
  readonly entries: readonly OutboxEntry[];
  /** Whether these are all of the lanes' entries. */
  readonly isAll: boolean;
  /** Whether streams of these lanes are set aside: then some of these events may have to stand behind others. */
  readonly holds: boolean;
}

/**
 * The oldest entries of the lanes, in order of id. Within a stream that is its order: a version is decided
 * only after the one before it has committed, so it draws a later id. Whether streams are set aside is said as of the
 * same moment: an entry that another relay has set aside is either among these or known to be.
 */
export async function readOutbox(sql: Sql, query: OutboxQuery): Promise<OutboxRead> {
  const lanes = query.lanes as number[];
  const rows = await sql<{ id: string | null; messages: string; end: string; holds: boolean }[]>`
    select id, messages, "end", holds
    from (select exists (select from relay_held where lane = any(${lanes}::int[])) as holds) as held
    left join (
      select id, messages, sum(octet_length(messages)) over (order by id) as "end"
      from outbox
      where lane = any(${lanes}::int[]) and id <> all(${query.except as number[]}::bigint[])
      order by id limit ${query.entriesMax}
    ) as oldest on "end" - octet_length(messages) < ${READ_BYTES_MAX}
    order by id`;
  const entries = rows.flatMap(({ id, messages }) =>
    id === null ? [] : { id: Number(id), events: parseMessages(messages) },
  );
  const isAll = entries.length < query.entriesMax && Number(rows.at(-1)?.end ?? 0) < READ_BYTES_MAX;
  return { entries, isAll, holds: rows[0]?.holds === true };
}

/** How much waits, and since when: records, and the age of the oldest entry in milliseconds. */
export async function outboxDepth(sql: Sql): Promise<{ records: number; oldestMs: number }> {
  const [row] = await sql`
    select coalesce(sum(records), 0)::bigint as records,
      coalesce(extract(epoch from clock_timestamp() - min(created_at)) * 1000, 0)::float8 as oldest_ms
    from outbox`;
  return { records: Number(row?.records ?? 0), oldestMs: Number(row?.oldest_ms ?? 0) };
}

/** An event in text: its metadata and data are JSON without line feeds, as it is printed. */
export interface PrintedEvent extends Omit<StoredEvent, "metadata"> {
  readonly metadata: string;
}

/** What an entry holds: see `parseMessages`. */
export function printMessages(events: readonly PrintedEvent[]): string {
  return events.map(printEvent).join("\n");
}

function printEvent({ stream, version, type, schemaVersion, at, metadata, data }: PrintedEvent): string {
  return `${stream}\t${version}\t${type}\t${schemaVersion}\t${at}\n${metadata}\n${data}`;
}

/** Three lines a record: `stream ⇥ version ⇥ type ⇥ schema version ⇥ time`, metadata JSON, data JSON. */
export function parseMessages(messages: string): StoredEvent[] {
  const lines = messages.split("\n");
  const events: StoredEvent[] = [];
  for (let index = 0; index + 2 < lines.length; index += 3) {
    const [stream, version, type, schemaVersion, at] = (lines[index] as string).split("\t") as [
      string,
      string,
      string,
      string,
      string,
    ];
    events.push({
      stream,
      version: Number(version),
      type,
      schemaVersion: Number(schemaVersion),
      at,
      metadata: JSON.parse(lines[index + 1] as string),
      data: lines[index + 2] as string,
    });
  }
  return events;
}
