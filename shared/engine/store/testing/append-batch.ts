// Appends as a test or a fault makes them: of what is not printed yet, and within a transaction of its own.
import type { Sql } from "@millrace/platform/postgres";
import { type Append, type AppendOutcome, appendPrinted, batchArguments } from "../append.ts";
import { printAppend } from "../printed-append.ts";

/** As `appendPrinted` does it. */
export function appendBatch(sql: Sql, appends: readonly Append[]): Promise<AppendOutcome[]> {
  return appendPrinted(sql, appends.map(printAppend));
}

/** In the caller's transaction, and no relay is notified. @throws where any of them can't be appended */
export async function appendWithin(tx: Sql, appends: readonly Append[]): Promise<void> {
  const [row] = await tx`select append_batch(${batchArguments(tx, appends.map(printAppend))}) as outcomes`;
  if (row?.outcomes) throw new Error(`Not appended: ${row.outcomes}`);
}
