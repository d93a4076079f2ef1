// How a projection tells whoever listens that rows have changed: one notification a batch, in its transaction,
// so that it arrives when the rows can be read and never if they can't.
import type { RowChange } from "./read-model.ts";

export const ROWS_CHANNEL = "millrace_rows";

/** What Postgres delivers on `ROWS_CHANNEL`. */
export interface RowsChanged {
  readonly projection: string;
  readonly partition: number;
  /** Of the last record that the batch applied. */
  readonly offset: number;
  /** Each row at least at that version. Absent: more rows than a notification can name. */
  readonly changes?: readonly RowChange[];
}

/** Postgres takes less than 8,000 bytes; some are left for the fields around the ids. */
const IDS_BYTES_MAX = 7_500;

/** JSON {projection, partition, offset, ids?: ["id:version", …]}. */
export function printRowsChanged({ changes, ...head }: RowsChanged): string {
  if (!changes) return JSON.stringify(head);
  // The shortest id costs as much as this: a list that can't fit is never printed.
  if (changes.length * '"1:1",'.length > IDS_BYTES_MAX) return JSON.stringify(head);
  const ids = changes.map(({ id, version }) => `${id}:${version}`);
  const named = JSON.stringify({ ...head, ids });
  return Buffer.byteLength(named) <= IDS_BYTES_MAX ? named : JSON.stringify(head);
}

export function parseRowsChanged(payload: string): RowsChanged {
  const { ids, ...head } = JSON.parse(payload) as Omit<RowsChanged, "changes"> & { ids?: string[] };
  return ids ? { ...head, changes: ids.map(parseChange) } : head;
}

/** Ids may hold colons; versions never do. */
function parseChange(text: string): RowChange {
  const colon = text.lastIndexOf(":");
  return { id: text.slice(0, colon), version: Number(text.slice(colon + 1)) };
}
