// Dump and restore: the database as text, read into a new one, which takes the old one's place. Sequences, rows
// and the outbox's entries come back; transaction ids and physical places do not.
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import type { System } from "../system/system.ts";
import type { Fault } from "./fault.ts";

const restore: Fault = {
  name: "dump-and-restore",
  weight: 1,
  async run({ system }) {
    // A backlog has to be in the dump, or the relay would have nothing to go on with.
    await system.kafka.kill();
    await Bun.sleep(2_000);
    await system.pause();
    const [row] = await system.sql<{ waiting: number }[]>`select count(*)::int as waiting from outbox`;
    const tables = await dumpAndRestore(system);
    await system.kafka.start();
    system.resume();
    return `${tables} tables, with ${row?.waiting} entries in the outbox`;
  },
};

async function dumpAndRestore({ sql, postgres, prepare }: System): Promise<number> {
  const old = new URL(postgres.url).pathname.slice(1);
  const admin = connectTo(postgres.url, "postgres");
  const name = `restored_${Date.now()}`;
  await admin`create database ${admin(name)}`;
  const restored = connectTo(postgres.url, name);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  await prepare(url.href);
  // As pg_restore does: what refuses changes to a table refuses none of a restore.
  await restored`set session_replication_role = replica`;
  const tables = await sql<{ name: string }[]>`
    select quote_ident(table_name) as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`;
  for (const table of tables) await copyTable(table.name, { from: sql, to: restored });
  const sequences = await sql<{ name: string; last: string | null }[]>`
    select quote_ident(schemaname) || '.' || quote_ident(sequencename) as name, last_value::text as last
    from pg_sequences where schemaname = 'public'`;
  for (const { name: sequence, last } of sequences) {
    if (last !== null) await restored`select setval(${sequence}::regclass, ${last}::bigint)`;
  }
  await restored.end();
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${old}`;
  await admin`alter database ${admin(old)} rename to ${admin(`${old}_${Date.now()}`)}`;
  await admin`alter database ${admin(name)} rename to ${admin(old)}`;
  await admin.end();
  return tables.length;
}

/** Rows of one statement. */
const ROWS_MAX = 5_000;

/** As a dump does it: every row as Postgres prints it, and as Postgres reads it back. */
async function copyTable(name: string, { from, to }: { from: Sql; to: Sql }): Promise<void> {
  await to.unsafe(`truncate public.${name}`);
  const cursor = from
    .unsafe<{ row: string }[]>(`select t::text as row from public.${name} as t`)
    .cursor(ROWS_MAX);
  for await (const rows of cursor) {
    const printed = rows.map(({ row }) => row);
    await to.unsafe(
      `insert into public.${name} overriding system value
       select (row::public.${name}).* from unnest($1::text[]) as row`,
      [printed],
    );
  }
}

function connectTo(url: string, database: string): Sql {
  const at = new URL(url);
  at.pathname = `/${database}`;
  return connectPostgres({ url: at.href, name: "chaos", connectionsMax: 1, answerWithinMs: 0 }).sql;
}

export const restores: readonly Fault[] = [restore];
