// Lists by keyset, newest first: a page starts after a row, so rows written meanwhile move nothing.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { type Fragment, whole, withinBytes } from "./within-bytes.ts";

/** Where a page ended: its last row. */
export interface PageEnd {
  readonly createdAtMs: number;
  readonly id: string;
}

export interface PageQuery {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: PageEnd;
}

export interface Page {
  /** JSON texts. */
  readonly documents: readonly string[];
  /** Where this page ended, if there is a next one. */
  readonly next?: PageEnd;
}

/** A table with an `id`, a `created_at`, and a document for each row. */
export interface Listed {
  readonly table: string;
  /** Of a row's document, as a column or an expression. */
  document(sql: Sql): Fragment;
}

/** One page of what meets every condition, of `limit` rows or as many as the bytes of a read hold. @throws Failure `postgres_unavailable` */
export async function readPage(
  sql: Sql,
  { table, document }: Listed,
  conditions: readonly Fragment[],
  { limit, after }: PageQuery,
): Promise<Page> {
  const keyset = after
    ? [sql`(created_at, id) < (${new Date(after.createdAtMs).toISOString()}::timestamptz, ${after.id})`]
    : [];
  const where = [...conditions, ...keyset].reduce((all, one) => sql`${all} and ${one}`, sql`true`);
  try {
    // One row more than asked for tells whether there is a next page.
    const found = sql`
      select id, created_at, ${document(sql)} as whole from ${sql(table)} where ${where}
      order by created_at desc, id desc limit ${limit + 1}`;
    const newestFirst = sql`created_at desc, id desc`;
    const rows = await sql<{ id: string; created_at_ms: number; document: string | null }[]>`
      select id, (extract(epoch from created_at) * 1000)::float8 as created_at_ms, document
      from ${withinBytes(sql, found, newestFirst)} as page order by ${newestFirst}`;
    const shown = whole(rows).slice(0, limit);
    const documents = shown.map((row) => row.document);
    const last = shown.at(-1);
    if (!last || shown.length === rows.length) return { documents };
    return { documents, next: { createdAtMs: last.created_at_ms, id: last.id } };
  } catch (error) {
    throw postgresFailure(`listing ${table}`, error);
  }
}
