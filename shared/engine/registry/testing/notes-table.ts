import type { Sql } from "@millrace/platform/postgres";

/** The tiny shop has no migrations: its table is made by hand, as its definition has it, whatever notes another shop has. */
export async function createNotesTable(sql: Sql): Promise<void> {
  await sql`drop table if exists notes cascade`;
  await sql`
    create table notes (
      id text primary key, version integer not null, created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null, deleted boolean not null, document text not null,
      partition integer not null, "offset" bigint not null)`;
  await sql`create index notes_newest on notes (created_at, id) where not deleted`;
}
