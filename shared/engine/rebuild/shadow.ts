// A copy of a read model's tables beside the live ones, made like them whatever migrations have made of them.
import type { Sql, SqlTx } from "@millrace/platform/postgres";
import { COORDINATES } from "@millrace/read-models/load-batch";
import { type ReadModel, tablesOf } from "@millrace/read-models/read-model";
import type { Place } from "./place.ts";

/** Empty tables under the live ones' names, without their keys and indexes, which would cost each row that is loaded. */
export async function createShadow(sql: Sql | SqlTx, model: ReadModel): Promise<void> {
  for (const table of tablesOf(model)) {
    await createLike(sql, "next", table);
    await giveToOwner(sql, table);
  }
}

/** The next rebuild, in whatever role, has to be able to go on with the copy. */
async function giveToOwner(sql: Sql | SqlTx, table: string): Promise<void> {
  const [live] = await sql<{ owner: string }[]>`
    select pg_get_userbyid(relowner) as owner from pg_class where oid = ${`public.${quoted(table)}`}::regclass`;
  if (!live) throw new Error(`There is no table public.${table}`);
  await sql`alter table next.${sql(table)} owner to ${sql(live.owner)}`;
}

/** An empty table of this session alone, with the live one's keys. */
export async function createTemporary(sql: Sql | SqlTx, table: string): Promise<void> {
  await createLike(sql, "pg_temp", table);
  for (const { name, definition } of await keysOf(sql, table)) {
    await sql.unsafe(`alter table pg_temp.${quoted(table)} add constraint ${quoted(name)} ${definition}`);
  }
}

async function createLike(sql: Sql | SqlTx, schema: "next" | "pg_temp", table: string): Promise<void> {
  await sql`create table ${sql(schema)}.${sql(table)}
    (like public.${sql(table)} including defaults including generated)`;
}

/** The keys and indexes that the live tables have and the copies lack; under the live ones' names, as migrations expect. */
export async function missingIndexes(
  sql: Sql | SqlTx,
  model: ReadModel,
): Promise<{ name: string; create: string }[]> {
  return sql<{ name: string; create: string }[]>`
    select live.indexname as name,
      case when key.oid is null then regexp_replace(live.indexdef, ' ON (ONLY )?public\\.', ' ON next.')
      else format('alter table next.%I add constraint %I %s', live.tablename, key.conname,
        pg_get_constraintdef(key.oid)) end as create
    from pg_indexes as live
      left join pg_constraint as key
        on key.conindid = format('public.%I', live.indexname)::regclass and key.contype in ('p', 'u')
    where live.schemaname = 'public' and live.tablename = any(${tablesOf(model)}::text[])
      and not exists (select from pg_indexes where schemaname = 'next' and indexname = live.indexname)
    order by key.oid is null, 1`;
}

/**
 * Ends the load with the sums of its rows; from here on they are kept with their rows. May be done again, until
 * something has followed.
 */
export async function endLoad(sql: Sql, model: ReadModel): Promise<void> {
  await sql.begin(async (tx) => {
    await dropTriggers(tx, model);
    if (model.sums) {
      await tx.unsafe("set local search_path = next, pg_catalog, public");
      await tx.unsafe(`delete from ${quoted(model.sums.table)}`);
      await tx.unsafe(model.sums.filled);
    }
  });
  for (const table of tablesOf(model)) await sql`analyze next.${sql(table)}`;
}

/** Roles that may read and write the live tables may do so with the copy, single columns included. */
export async function copyGrants(tx: SqlTx, model: ReadModel, place: Place): Promise<void> {
  for (const table of tablesOf(model)) {
    const grants = await tx<{ grant: string }[]>`
      with granted as (
        select null as column, acl.* from pg_class cross join aclexplode(relacl) as acl
        where oid = ${`public.${quoted(table)}`}::regclass
        union all
        select attname, acl.* from pg_attribute cross join aclexplode(attacl) as acl
        where attrelid = ${`public.${quoted(table)}`}::regclass and not attisdropped
      )
      select format('grant %s %s on %I.%I to %s %s', privilege_type, '(' || quote_ident(granted.column) || ')',
        ${place}::text, ${table}::text, case grantee when 0 then 'public' else grantee::regrole::text end,
        case when is_grantable then 'with grant option' else '' end) as grant
      from granted`;
    for (const { grant } of grants) await tx.unsafe(grant);
  }
}

export async function dropTables(sql: Sql | SqlTx, model: ReadModel, place: Place): Promise<void> {
  for (const table of tablesOf(model)) await sql`drop table if exists ${sql(place)}.${sql(table)}`;
  if (place === "next") await dropTriggers(sql, model);
}

export function standsAt(sql: Sql | SqlTx, model: ReadModel, place: Place): Promise<boolean> {
  return isThere(sql, place, model.rows);
}

export async function isThere(sql: Sql | SqlTx, schema: Place | "pg_temp", table: string): Promise<boolean> {
  const [row] = await sql`select to_regclass(${`${schema}.${quoted(table)}`}) is not null as stands`;
  return row?.stands === true;
}

/** Those of `COORDINATES` that the model's rows have. */
export async function coordinatesOf(sql: Sql | SqlTx, model: ReadModel): Promise<string[]> {
  const columns = await columnsOf(sql, model.rows);
  return COORDINATES.filter((name) => columns.includes(name));
}

/** The columns that follow from the events. */
export async function contentColumns(sql: Sql | SqlTx, model: ReadModel): Promise<string[]> {
  const coordinates = await coordinatesOf(sql, model);
  return (await columnsOf(sql, model.rows)).filter((name) => !coordinates.includes(name));
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function columnsOf(sql: Sql | SqlTx, table: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${`public.${quoted(table)}`}::regclass and attnum > 0 and not attisdropped order by attnum`;
  return rows.map((row) => row.name);
}

async function keysOf(sql: Sql | SqlTx, table: string): Promise<{ name: string; definition: string }[]> {
  return sql<{ name: string; definition: string }[]>`
    select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = ${`public.${quoted(table)}`}::regclass and contype in ('p', 'u')`;
}

/** An earlier version filled its copies through triggers, and what it began goes on here. */
async function dropTriggers(sql: Sql | SqlTx, model: ReadModel): Promise<void> {
  for (const table of tablesOf(model)) {
    await sql`drop function if exists next.${sql(`while_loading_${table}`)}() cascade`;
  }
}
