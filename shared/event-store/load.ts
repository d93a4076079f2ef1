// Reading streams back. Concurrent loads share a statement.
import type { StoredEvent } from "@millrace/contract/envelope";
import { Failure } from "@millrace/platform/failure";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";

/** Events that one stream may have: an order has tens; past this a stream is a mistake in its design. */
export const STREAM_EVENTS_MAX = 10_000;

/** Streams in one statement. */
const LOAD_BATCH_MAX = 200;

export interface Loader {
  /** All events of the stream, oldest first; empty where there is no such stream. */
  load(stream: string): Promise<StoredEvent[]>;
}

interface Waiting {
  readonly stream: string;
  readonly resolve: (events: StoredEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Loads asked for in the same turn of the event loop become one statement. */
export function createLoader(sql: Sql): Loader {
  let queue: Waiting[] = [];
  const flush = () => {
    const batch = queue.splice(0, LOAD_BATCH_MAX);
    if (queue.length > 0) setImmediate(flush);
    else queue = [];
    loadStreams(sql, [...new Set(batch.map((waiting) => waiting.stream))]).then(
      (streams) => {
        for (const waiting of batch) waiting.resolve(streams.get(waiting.stream) ?? []);
      },
      (error) => {
        for (const waiting of batch) waiting.reject(postgresFailure("loading streams", error));
      },
    );
  };
  return {
    load: (stream) =>
      new Promise((resolve, reject) => {
        queue.push({ stream, resolve, reject });
        if (queue.length === 1) setImmediate(flush);
      }),
  };
}

interface EventRow {
  stream: string;
  version: number;
  type: string;
  schema_version: number;
  at: string;
  metadata: string;
  data: string;
}

async function loadStreams(sql: Sql, streams: string[]): Promise<Map<string, StoredEvent[]>> {
  const rows = await sql<EventRow[]>`
    select stream, version, type, schema_version,
      to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metadata::text, data::text
    from events where stream = any(${streams}::text[]) order by stream, version
    limit ${STREAM_EVENTS_MAX * streams.length + 1}`;
  const found = new Map<string, StoredEvent[]>();
  for (const row of rows) {
    const events = found.get(row.stream) ?? [];
    if (events.length === 0) found.set(row.stream, events);
    if (events.length >= STREAM_EVENTS_MAX) {
      throw new Failure("stream_too_long", `${row.stream} has more than ${STREAM_EVENTS_MAX} events`, false);
    }
    events.push({
      stream: row.stream,
      version: row.version,
      type: row.type,
      schemaVersion: row.schema_version,
      at: row.at,
      metadata: JSON.parse(row.metadata),
      data: row.data,
    });
  }
  return found;
}
