// How a projection tells whoever listens that rows have changed: one notification a batch, which arrives when the rows
// can be read and never if they can't.

import { sql } from "drizzle-orm";
import type { Tx } from "@millrace/platform/postgres";
import { type Fence, named, statement, statementAround } from "@millrace/platform/statement";
import type { RowChange, ShownRow } from "./read-model.ts";

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

/** Postgres takes less than 8,000 bytes. */
const PAYLOAD_BYTES_MAX = 7_500;

const TELLING = statement(sql`select pg_notify(${named("channel")}, ${named("payload")})`);

/** Once the transaction has committed. */
export async function tellRowsChanged(tx: Tx, payload: string): Promise<void> {
  await TELLING.run(tx, { channel: ROWS_CHANNEL, payload });
}

const tellingWhere = statementAround(
  (moved) => sql`select pg_notify(${named("channel")}, ${named("payload")}) from (${moved}) as moved`,
);

/**
 * Once the statement before on this connection has moved the fence, and else not at all. In that statement it would
 * hold up all others who tell something: Postgres has one lock for it, held until the commit is on disk. What is lost
 * where the connection ends between the two, the next owner makes good: see `tellAllMayHaveChanged`.
 */
export async function tellRowsChangedOnce(db: Tx, payload: string, { moved, values }: Fence): Promise<void> {
  await tellingWhere(moved).run(db, { ...values, channel: ROWS_CHANNEL, payload });
}

/** Whoever takes a partition over can't know whether the one before has told of its last batch. */
export async function tellAllMayHaveChanged(
  db: Tx,
  at: Pick<RowsChanged, "projection" | "partition" | "offset">,
): Promise<void> {
  await tellRowsChanged(db, printRowsChanged(at));
}

/** JSON {projection, partition, offset, ids?: ["id:version", …], rows?: [{deleted, document}, …]}, a row for each id. */
export function printRowsChanged({ changes, ...head }: RowsChanged): string {
  if (!changes) return JSON.stringify(head);
  // The shortest id costs as much as this: a list that can't fit is never printed.
  if (changes.length * '"1:1",'.length > PAYLOAD_BYTES_MAX) return JSON.stringify(head);
  const named = { ...head, ids: changes.map(({ id, version }) => `${id}:${version}`) };
  const rows = changes.flatMap(({ row }) => row ?? []);
  const forms = rows.length === changes.length ? [{ ...named, rows }, named] : [named];
  const fitting = forms.map((form) => JSON.stringify(form)).find(fits);
  return fitting ?? JSON.stringify(head);
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= PAYLOAD_BYTES_MAX;
}

export function parseRowsChanged(payload: string): RowsChanged {
  type Printed = Omit<RowsChanged, "changes"> & { ids?: string[]; rows?: ShownRow[] };
  const { ids, rows, ...head } = JSON.parse(payload) as Printed;
  if (!ids) return head;
  return {
    ...head,
    changes: ids.map((id, index) => {
      const row = rows?.[index];
      return row ? { ...parseChange(id), row } : parseChange(id);
    }),
  };
}

/** Ids may hold colons; versions never do. */
function parseChange(text: string): RowChange {
  const colon = text.lastIndexOf(":");
  return { id: text.slice(0, colon), version: Number(text.slice(colon + 1)) };
}
