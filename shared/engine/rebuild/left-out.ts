// Streams that a load has left out, so that one stream never holds up all others: those that can't be folded, and those
// that are too long for a chunk. The latter are brought in page by page once the copy has its indexes.

import type { Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { Difference } from "./compare.ts";
import type { Place } from "./place.ts";

export interface LeftOut {
  readonly stream: string;
  readonly cause: string;
}

export async function leftOut(sql: Sql, model: ReadModel): Promise<LeftOut[]> {
  const rows = await sql<LeftOut[]>`
    select left_out.stream, left_out.cause
    from rebuild_ranges cross join jsonb_to_recordset(left_out) as left_out(stream text, cause text)
    where projection = ${model.name} order by 1`;
  return [...rows];
}

/** Those of them whose rows the copy still lacks, or lacks events of. */
export async function stillLeftOut(sql: Sql, model: ReadModel, place: Place): Promise<Difference[]> {
  if (place !== "next") return [];
  const differences: Difference[] = [];
  for (const { stream, cause } of await leftOut(sql, model)) {
    const id = stream.slice(model.streamPrefix.length);
    const [row] = await sql<{ stored: number; live: number | null; copy: number | null }[]>`
      select (select max(version) from events where stream = ${stream}) as stored,
        (select version from public.${sql(model.rows)} where id = ${id}) as live,
        (select version from next.${sql(model.rows)} where id = ${id}) as copy`;
    if (!row || (row.copy ?? 0) >= row.stored) continue;
    differences.push({ id, kind: "unreadable", liveVersion: row.live, copyVersion: row.copy, cause });
  }
  return differences;
}
