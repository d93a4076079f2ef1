// Events as the relay reads them from the store.
import type { StoredEvent } from "@millrace/events/envelope";
import type { Sql } from "@millrace/platform/postgres";

export interface EventRow extends Omit<StoredEvent, "metadata"> {
  readonly metadata: string;
}

/** Columns of an `EventRow`. */
export function eventColumns(sql: Sql) {
  return sql`
    stream, version, type, schema_version as "schemaVersion",
    to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metadata::text, data::text`;
}

export function toStoredEvent({
  stream,
  version,
  type,
  schemaVersion,
  at,
  metadata,
  data,
}: EventRow): StoredEvent {
  return { stream, version, type, schemaVersion, at, metadata: JSON.parse(metadata), data };
}
