// Lists by keyset, newest first: a page starts after a place, so rows written meanwhile move nothing.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { whole, withinBytes } from "./within-bytes.ts";

/** Where a page ended: its last row. */
export interface Place {
  readonly createdAtMs: number;
  readonly id: string;
}

export interface PageQuery {
  readonly limit: number;
  /** The place that the page before ended at. */
  readonly after?: Place;
}

export interface Page {
  /** JSON texts. */
  readonly documents: readonly string[];
  /** Where the next page starts; absent on the last one. */
  readonly next?: Place;
}

/** A condition of a `where`, not yet run. */
export type Condition = ReturnType<Sql>;

/** One page of what meets every condition, of `limit` rows or as many as the bytes of a read hold. @throws Failure `postgres_unavailable` */
export async function readPage(
  sql: Sql,
  table: "orders" | "users" | "payments",
  conditions: readonly Condition[],
  { limit, after }: PageQuery,
): Promise<Page> {
  const keyset = after
    ? [sql`(created_at, id) < (${new Date(after.createdAtMs).toISOString()}::timestamptz, ${after.id})`]
    : [];
  const where = [...conditions, ...keyset].reduce((all, one) => sql`${all} and ${one}`, sql`true`);
  try {
    // One row more than asked for tells whether there is a next page.
    const found = sql`
      select id, created_at, document as whole from ${sql(table)} where ${where}
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
