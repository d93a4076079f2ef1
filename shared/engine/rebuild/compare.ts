// A copy against the live read model: counts and checksums by range of keys, and the keys that differ by name.
// Only what follows from events is compared, never by which record it came.
import type { Sql, SqlTx } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import { nameAt, type Place } from "./place.ts";
import { contentColumns, quoted } from "./shadow.ts";

/**
 * missing       the copy has the row, the live model lacks it
 * extra         the live model has a row that the copy lacks
 * different     both are at one version and not the same
 * behind        the live row lacks events that are neither on their way nor parked
 * copy-behind   the copy lacks events that the live row has
 * unreadable    the row can't be made of its events, for `cause`
 */
export type DifferenceKind = "missing" | "extra" | "different" | "behind" | "copy-behind" | "unreadable";

export interface Difference {
  readonly id: string;
  readonly kind: DifferenceKind;
  readonly liveVersion: number | null;
  readonly copyVersion: number | null;
  readonly cause?: string;
}

export interface RangeComparison {
  /** The keys past `after`, up to and with `upTo`; null where there is no such bound. */
  readonly after: string | null;
  readonly upTo: string | null;
  readonly live: { readonly rows: number; readonly checksum: string };
  readonly copy: { readonly rows: number; readonly checksum: string };
}

/** Rows of one range: enough that a checksum is worth its statement, few enough to join at once. */
const RANGE_ROWS = 10_000;
/** Keys that are named; what is more than that is counted. */
export const NAMED_MAX = 1_000;
/** An event younger than this may still be on its way to the live rows. */
const IN_FLIGHT_SECONDS = 60;

/** Bounds that cut the keys of the side that has more of them into ranges of about the same size. */
export async function cutKeys(sql: Sql | SqlTx, model: ReadModel, place: Place): Promise<(string | null)[]> {
  const rowsOf = (schema: string) => sql`${sql(schema)}.${sql(model.rows)}`;
  const [counted] = await sql<{ live: number; copy: number }[]>`
    select (select count(*) from ${rowsOf("public")})::int as live, (select count(*) from ${rowsOf(place)})::int as copy`;
  const larger = (counted?.copy ?? 0) > (counted?.live ?? 0) ? place : "public";
  const rows = await sql<{ id: string }[]>`
    select id from (select id, row_number() over (order by id) as place from ${rowsOf(larger)}) as keys
    where place % ${RANGE_ROWS} = 0 order by id`;
  return [null, ...rows.map((row) => row.id), null];
}

/** Both sides of one range, as one statement sees them. */
export async function compareRange(
  tx: Sql | SqlTx,
  model: ReadModel,
  place: Place,
  { after, upTo }: { after: string | null; upTo: string | null },
): Promise<RangeComparison> {
  const columns = (await contentColumns(tx, model)).map(quoted).join(", ");
  const side = (schema: string) => `
    select count(*)::int as rows, coalesce(sum(hash_record_extended(row(${columns}), 0)), 0)::text as checksum
    from ${schema}.${quoted(model.rows)}
    where ($1::text is null or id > $1) and ($2::text is null or id <= $2)`;
  const [row] = await tx.unsafe<Record<string, string | number>[]>(
    `select live.rows as live_rows, live.checksum as live_checksum, copy.rows as copy_rows,
      copy.checksum as copy_checksum from (${side("public")}) as live, (${side(place)}) as copy`,
    [after, upTo],
  );
  return {
    after,
    upTo,
    live: { rows: Number(row?.live_rows), checksum: String(row?.live_checksum) },
    copy: { rows: Number(row?.copy_rows), checksum: String(row?.copy_checksum) },
  };
}

export function isSame({ live, copy }: RangeComparison): boolean {
  return live.rows === copy.rows && live.checksum === copy.checksum;
}

/** Ids of a range whose rows are not the same on both sides, whatever the reason; no more than the limit. */
export async function differingIds(
  tx: Sql | SqlTx,
  model: ReadModel,
  place: Place,
  { after, upTo, limit }: { after: string | null; upTo: string | null; limit: number },
): Promise<string[]> {
  const within = "($1::text is null or id > $1) and ($2::text is null or id <= $2)";
  const rows = await tx.unsafe<{ id: string }[]>(
    `select id from (${await differing(tx, model, place, within)}) as differing limit $3`,
    [after, upTo, limit],
  );
  return rows.map((row) => row.id);
}

/** What of these keys differs and is neither on its way nor parked; at most as many as are named. */
export async function differencesOf(
  tx: Sql | SqlTx,
  model: ReadModel,
  place: Place | "pg_temp",
  ids: readonly string[],
): Promise<Difference[]> {
  if (ids.length === 0) return [];
  const listed = "id = any(array(select json_array_elements_text($1::text::json)))";
  const rows = await tx.unsafe<{ id: string; live: number | null; copy: number | null }[]>(
    `select id, live_version as live, copy_version as copy
    from (${await differing(tx, model, place, listed)}) as differing
    where not (copy_version > coalesce(live_version, 0) and (
      updated_at > now() - make_interval(secs => ${IN_FLIGHT_SECONDS})
      or exists (select from outbox where created_at <= updated_at)
      or exists (select from relay_held where stream = $5 || id)
      or exists (select from dead_letters where projection = $2 and key = ${keyOfRow(model)}
        and topic in (select json_array_elements_text($3::text::json)))
      or exists (select from checkpoints as l join checkpoints as c using (topic, partition)
        where l.projection = $2 and c.projection = $4 and l."offset" < c."offset")))
    order by id limit ${NAMED_MAX}`,
    [
      JSON.stringify(ids),
      model.name,
      JSON.stringify(model.sources.map(({ topic }) => topic)),
      place === "pg_temp" ? "" : nameAt(model, place),
      model.streamPrefix,
    ],
  );
  return rows.map(({ id, live, copy }) => ({
    id,
    kind: kindOf(live, copy),
    liveVersion: live,
    copyVersion: copy,
  }));
}

/** Keys whose rows were written on either side by transactions from that one on. */
export async function changedSince(
  tx: Sql | SqlTx,
  model: ReadModel,
  place: Place,
  xid: string,
): Promise<string[]> {
  const changed = (schema: string) =>
    `select id from ${schema}.${quoted(model.rows)} where age(xmin) <= age($1::text::xid)`;
  const rows = await tx.unsafe<{ id: string }[]>(`${changed("public")} union ${changed(place)}`, [xid]);
  return rows.map((row) => row.id);
}

/** Oldest transaction under way, as `changedSince` takes it: what is not visible now will be later than it. */
export async function presentXid(tx: Sql | SqlTx): Promise<string> {
  const [row] = await tx<{ xid: string }[]>`
    select (pg_snapshot_xmin(pg_current_snapshot())::text::numeric % 4294967296)::text as xid`;
  return row?.xid ?? "0";
}

/** How a key's sums follow from those of its partitions. */
const KEPT_AS = { count: "sum", sum: "sum", greatest: "max", least: "min" } as const;

/** Sums that are not those of their rows, in words; at most as many as are named. */
export async function wrongSums(tx: SqlTx, model: ReadModel, place: Place | "public"): Promise<string[]> {
  if (!model.sums) return [];
  const { table, key, columns, counted } = model.sums;
  const keys = key.map(quoted).join(", ");
  const kept = columns.map(({ name, is }) => `${KEPT_AS[is]}(${quoted(name)}) as ${quoted(name)}`);
  const of = (side: string) =>
    columns.map(({ name, is }) => {
      const column = `${side}.${quoted(name)}`;
      return is === "count" || is === "sum" ? `coalesce(${column}, 0)` : column;
    });
  const said = (side: string) => `concat_ws(' for ', ${of(side).join(", ")})`;
  await tx.unsafe(`set local search_path = ${place}, pg_catalog, public`);
  const rows = await tx.unsafe<{ cell: string; kept: string; counted: string }[]>(`
    with kept as (select ${keys}, ${kept.join(", ")} from ${quoted(table)} group by ${keys}),
    counted as (${counted})
    select concat_ws(' ', ${keys}) as cell, ${said("kept")} as kept, ${said("counted")} as counted
    from kept full join counted using (${keys})
    where (${of("kept").join(", ")}) is distinct from (${of("counted").join(", ")})
    limit ${NAMED_MAX}`);
  await tx.unsafe("set local search_path to default");
  return rows.map((row) => `${table} ${row.cell}: keeps ${row.kept}, the rows say ${row.counted}`);
}

/** The key of the records that a row is made from: its stream's name from the category on. */
function keyOfRow({ streamPrefix }: ReadModel): string {
  return streamPrefix === "" ? "substr(differing.id, strpos(differing.id, '-') + 1)" : "differing.id";
}

function kindOf(live: number | null, copy: number | null): DifferenceKind {
  if (copy === null) return "extra";
  if (live === null) return "missing";
  if (live === copy) return "different";
  return live < copy ? "behind" : "copy-behind";
}

async function differing(
  tx: Sql | SqlTx,
  model: ReadModel,
  place: Place | "pg_temp",
  condition: string,
): Promise<string> {
  const columns = (await contentColumns(tx, model)).map(quoted);
  const of = (side: string) => columns.map((column) => `${side}.${column}`).join(", ");
  return `
    select coalesce(live.id, copy.id) as id, live.version as live_version, copy.version as copy_version,
      coalesce(copy.updated_at, live.updated_at) as updated_at
    from (select * from public.${quoted(model.rows)} where ${condition}) as live
    full join (select * from ${place}.${quoted(model.rows)} where ${condition}) as copy on copy.id = live.id
    where (${of("live")}) is distinct from (${of("copy")})`;
}
