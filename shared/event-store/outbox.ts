// The outbox as the relay sees it. Rows leave only after Kafka has acknowledged what they hold.
import type { StoredEvent } from "@millrace/contract/envelope";
import type { Sql } from "@millrace/platform/postgres";

/** Notified after every append while a relay rests, see append_batch_and_tell (migrations). */
export const OUTBOX_CHANNEL = "millrace_outbox";

export interface OutboxEntry {
  readonly id: number;
  readonly lane: number;
  readonly events: readonly StoredEvent[];
}

export interface OutboxQuery {
  readonly lanes: readonly number[];
  /** Entries whose publishing is under way. */
  readonly except: readonly number[];
  readonly entriesMax: number;
}

/**
 * The oldest entries of the lanes, in order of id. Within a stream that is its order: a version is decided
 * only after the one before it has committed, so it draws a later id.
 */
export async function readOutbox(sql: Sql, query: OutboxQuery): Promise<OutboxEntry[]> {
  const rows = await sql<{ id: string; lane: number; messages: string }[]>`
    select id, lane, messages from outbox
    where lane = any(${query.lanes as number[]}::int[]) and id <> all(${query.except as number[]}::bigint[])
    order by id limit ${query.entriesMax}`;
  return rows.map((row) => ({ id: Number(row.id), lane: row.lane, events: parseMessages(row.messages) }));
}

/**
 * What a notification on `OUTBOX_CHANNEL` brings: `id ⇥ lane ⇥ messages` of an entry with the first events of its streams
 * alone, so that nothing can come before it. Undefined where it brings none, and the outbox has to be looked at.
 */
export function parseTold(payload: string): OutboxEntry | undefined {
  const laneAt = payload.indexOf("\t") + 1;
  const messagesAt = payload.indexOf("\t", laneAt) + 1;
  if (laneAt === 0 || messagesAt === 0) return undefined;
  return {
    id: Number(payload.slice(0, laneAt - 1)),
    lane: Number(payload.slice(laneAt, messagesAt - 1)),
    events: parseMessages(payload.slice(messagesAt)),
  };
}

/** Forgets entries that Kafka has acknowledged. */
export async function removeFromOutbox(sql: Sql, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`delete from outbox where id = any(${ids as number[]}::bigint[])`;
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
