import { type SQL, sql } from "drizzle-orm";
import { textArray } from "@millrace/platform/columns";
import type { Tx } from "@millrace/platform/postgres";
import { named, statement } from "@millrace/platform/statement";

/** `select` is a statement without its WHERE, of a table that has an `id`. */
export function selectById<Stored>(select: SQL): (tx: Tx, ids: readonly string[]) => Promise<Stored[]> {
  const reading = statement(sql`${select} where id = any(${named("ids")}::text::text[])`);
  return async (tx, ids) => (await reading.run(tx, { ids: textArray(ids) })) as unknown as Stored[];
}
