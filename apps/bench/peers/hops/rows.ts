// Orders as `hops` keeps them: an id and a document, written many at a time.
import { lines, textArray } from "@millrace/platform/columns";
import { connectPostgres, PLANNED_ONCE, type Sql } from "@millrace/platform/postgres";

export interface Row {
  readonly id: string;
  /** JSON, without line feeds. */
  readonly document: string;
}

export function connect(url: string, connectionsMax: number): Sql {
  return connectPostgres({ url, name: "peer", connectionsMax, settings: PLANNED_ONCE }).sql;
}

export async function createTables(sql: Sql): Promise<void> {
  await sql`create table accepted (id text primary key, document text not null)`;
  await sql`create table readable (id text primary key, document text not null)`;
}

export async function writeAccepted(sql: Sql, rows: readonly Row[]): Promise<void> {
  await sql`insert into accepted select * from ${given(sql, rows)}`;
}

export async function writeReadable(sql: Sql, rows: readonly Row[]): Promise<void> {
  await sql`insert into readable select * from ${given(sql, rows)} on conflict do nothing`;
}

export async function findReadable(sql: Sql, ids: readonly string[]): Promise<Row[]> {
  return await sql<Row[]>`select id, document from readable where id = any(${textArray(ids)}::text::text[])`;
}

function given(sql: Sql, rows: readonly Row[]) {
  const ids = textArray(rows.map(({ id }) => id));
  return sql`unnest(${ids}::text::text[],
    string_to_array(${lines(rows.map(({ document }) => document))}, E'\n'))`;
}
