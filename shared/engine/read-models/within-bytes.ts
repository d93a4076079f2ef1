// Rows end at a number of bytes, not of rows: a document has a few hundred bytes or a million.
import type { PendingQuery, Row } from "postgres";
import type { Sql } from "@millrace/platform/postgres";

/** Bytes of documents in one read: a page of usual ones fits four times over, and some dozens at once fit a process. */
export const READ_BYTES_MAX = 2_000_000;

/** A part of a statement, not yet run. */
export type Fragment = PendingQuery<Row[]>;

/**
 * The rows that `found` selects, in that order, of which the first ones keep their document: those whose documents come
 * to so many bytes, and one at least. The others have null. Postgres unpacks no document to know its length.
 */
export function withinBytes(sql: Sql, found: Fragment, order: Fragment, bytesMax = READ_BYTES_MAX): Fragment {
  return sql`(
    select *, case when bytes <= ${bytesMax} or bytes = octet_length(whole) then whole end as document
    from (
      select *, sum(octet_length(whole)) over (order by ${order} rows unbounded preceding) as bytes
      from (${found}) as found
    ) as measured)`;
}

/** Those that kept it. */
export function whole<R extends { readonly document: string | null }>(rows: readonly R[]) {
  return rows.filter((row): row is R & { readonly document: string } => row.document !== null);
}
