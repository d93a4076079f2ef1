// Rows read back, to be folded on.
import { type SQL, sql } from "drizzle-orm";
import { textArray } from "@millrace/platform/columns";
import type { Tx } from "@millrace/platform/postgres";
import { named, statement } from "@millrace/platform/statement";
import { RowsTooLarge } from "./read-model.ts";
import { READ_BYTES_MAX } from "./within-bytes.ts";

/**
 * The columns, and `document`, of a table's rows. A thousand events of a hundred bytes may be for rows that have a
 * gigabyte: where their documents come to more than READ_BYTES_MAX, Postgres sends none of several. It unpacks no
 * document to know its length. @throws RowsTooLarge then
 */
export function selectById<Stored extends { readonly document: string }>(
  table: SQL,
  columns: SQL,
): (tx: Tx, ids: readonly string[]) => Promise<Stored[]> {
  const bytesMax = sql.raw(String(READ_BYTES_MAX));
  const reading = statement(sql`
    select ${columns},
      case when sum(octet_length(document)) over () <= ${bytesMax} or count(*) over () = 1 then document end as document
    from ${table} where id = any(${named("ids")}::text::text[])`);
  return async (tx, ids) => {
    const found = await reading.run(tx, { ids: textArray(ids) });
    if (found[0]?.document === null) throw new RowsTooLarge(found.length);
    return found as unknown as Stored[];
  };
}
