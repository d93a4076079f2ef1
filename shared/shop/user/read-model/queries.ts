import type { Sql } from "@millrace/platform/postgres";
import { type Page, type PageQuery, readPage } from "@millrace/read-models/page";
import { createRowLookup, type RowLookup } from "@millrace/read-models/row-lookup";

export function createUserLookup(sql: Sql, onRead?: (ids: number) => void): RowLookup {
  return createRowLookup(
    (ids, bytesMax) => sql`
      select id, version, deleted, case when octet_length(document) <= ${bytesMax} then document end as document
      from users where id = any(${ids}::text[])`,
    onRead,
  );
}

/** @throws Failure `postgres_unavailable` */
export function listUsers(sql: Sql, query: PageQuery): Promise<Page> {
  return readPage(sql, "users", [sql`not deleted`], query);
}
