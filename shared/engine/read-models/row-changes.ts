// How a projection says that rows have changed: one notification a batch. Must never carry what a reader is shown: any
// login of the database can send one, and hear one.

import { sql } from "drizzle-orm";
import type { Tx } from "@millrace/platform/postgres";
import { type Fence, named, statement, statementAround } from "@millrace/platform/statement";

export const ROWS_CHANNEL = "millrace_rows";

/** A hint where to look, never what is found there. */
export interface RowsChanged {
  readonly projection: string;
  /** Of the rows' ids, see `hashOf`. Absent: any row may have changed. */
  readonly hashes?: readonly number[];
}

/** Postgres takes less than 8,000 bytes. */
const PAYLOAD_BYTES_MAX = 7_500;
/** Hexadecimal digits of a hash. */
const HASH_LENGTH = 8;

/** CRC-32: two ids that share one cost a look in vain, and an id can't be read from it. */
export function hashOf(id: string): number {
  return Bun.hash.crc32(id);
}

const notifying = statement(sql`select pg_notify(${named("channel")}, ${named("payload")})`);

/** Any row may have changed, for all that is known here. @throws what Postgres throws */
export async function notifyAllMayHaveChanged(db: Tx, projection: string): Promise<void> {
  await notifying.run(db, { channel: ROWS_CHANNEL, payload: printRowsChanged({ projection }) });
}

const notifyingWhere = statementAround(
  (moved) => sql`select pg_notify(${named("channel")}, ${named("payload")}) from (${moved}) as moved`,
);

/**
 * Once the statement before on this connection has moved the fence, and else not at all. In that statement it would
 * hold up all others that notify: Postgres has one lock for it, held until the commit is on disk. What is lost where the
 * connection ends between the two, the next owner makes good: see `notifyAllMayHaveChanged`.
 */
export async function notifyRowsChanged(
  db: Tx,
  changed: RowsChanged,
  { moved, values }: Fence,
): Promise<void> {
  const payload = printRowsChanged(changed);
  await notifyingWhere(moved).run(db, { ...values, channel: ROWS_CHANNEL, payload });
}

/** JSON {projection, hashes?: "<8 hexadecimal digits a row>"}; without hashes where they would not fit. */
export function printRowsChanged({ projection, hashes }: RowsChanged): string {
  if (!hashes || hashes.length * HASH_LENGTH > PAYLOAD_BYTES_MAX) return JSON.stringify({ projection });
  const digits = hashes.map((hash) => hash.toString(16).padStart(HASH_LENGTH, "0"));
  return JSON.stringify({ projection, hashes: digits.join("") });
}

/** @throws where the text is none that a projection printed */
export function parseRowsChanged(payload: string): RowsChanged {
  const { projection, hashes } = JSON.parse(payload) as { projection?: unknown; hashes?: unknown };
  if (typeof projection !== "string") throw new Error("A notification of changed rows names no projection");
  if (typeof hashes !== "string") return { projection };
  const digits = hashes.match(/[\da-f]{8}/g) ?? [];
  return { projection, hashes: digits.map((hash) => Number.parseInt(hash, 16)) };
}
