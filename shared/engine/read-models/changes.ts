// Rows by when they last changed, for those who follow them. A row that is numbered draws its place among all changes, its
// `change`, each time. A partition has one writer, so within a partition these numbers come into sight in order. Offsets
// would not do: a record that waited in the parking lot is applied with an old one.
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { READ_BYTES_MAX, whole, withinBytes } from "./within-bytes.ts";

/** How far a follower has come: the last change that it saw, by partition. */
export type Position = ReadonlyMap<number, number>;

export interface ChangedRow {
  readonly partition: number;
  readonly change: number;
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  /** JSON text. */
  readonly document: string;
}

export interface Changes {
  /** Within a partition in the order of their changes. A row stands once, as it is now. */
  readonly rows: readonly ChangedRow[];
  /** There may be more after these. */
  readonly more: boolean;
}

/** How much one read takes. */
export interface ReadBounds {
  /** Shared among the partitions. */
  readonly rows: number;
  /** Of documents; one at least is read, whatever its size. */
  readonly bytes: number;
}

const READ_BOUNDS: ReadBounds = { rows: 1_000, bytes: READ_BYTES_MAX };

interface StoredRow extends Omit<ChangedRow, "change"> {
  readonly change: string;
}

/** One that may be past the read's bytes. */
type FoundChange = Omit<StoredRow, "document"> & { readonly document: string | null };

/**
 * What has changed since, as much as a read takes: the first change of each partition, then the second of
 * each. A partition that the position does not name is read from its start.
 */
export async function changesSince(
  sql: Sql,
  table: string,
  position: Position,
  { rows: most, bytes } = READ_BOUNDS,
): Promise<Changes> {
  const seen = JSON.stringify([...position].map(([partition, change]) => ({ partition, change })));
  const found = sql`
    select changed.*, share, row_number() over (partition by changed.partition order by changed.change) as nth
    from partitions cross join share
    left join json_to_recordset(${seen}::text::json) as seen(partition integer, change bigint) using (partition)
    cross join lateral (
      select partition, change, id, version, deleted, document as whole from ${sql(table)} as live
      where live.partition = partitions.partition and change > coalesce(seen.change, 0)
      order by live.partition, change limit share) as changed`;
  const rows = await attempt(
    `reading changes of ${table}`,
    sql<(FoundChange & { share: string })[]>`
      with ${partitions(sql, table)}, share as (
        select greatest(1, ${most} / greatest(1, count(*))) as share from partitions
      )
      select partition, change, id, version, deleted, document, share
      from ${withinBytes(sql, found, sql`nth, partition`, bytes)} as changed order by partition, change`,
  );
  const shown = whole(rows).map(changedRow);
  const share = Number(rows[0]?.share);
  const byPartition = Map.groupBy(rows, ({ partition }) => partition);
  return {
    rows: shown,
    more: shown.length < rows.length || [...byPartition.values()].some(({ length }) => length >= share),
  };
}

/** The rows that changed last, as many as the bytes of a read hold, the latest first, whichever partition they came from. */
export async function latestChanges(sql: Sql, table: string, limit: number): Promise<ChangedRow[]> {
  const found = sql`
    select latest.* from partitions cross join lateral (
      select partition, change, id, version, deleted, document as whole from ${sql(table)} as live
      where live.partition = partitions.partition
      order by live.partition desc, change desc limit ${limit}) as latest
    order by latest.change desc limit ${limit}`;
  const rows = await attempt(
    `reading the latest changes of ${table}`,
    sql<FoundChange[]>`
      with ${partitions(sql, table)}
      select partition, change, id, version, deleted, document
      from ${withinBytes(sql, found, sql`change desc`)} as latest order by change desc`,
  );
  return whole(rows).map(changedRow);
}

/** Where the changes have come to now. */
export async function presentPosition(sql: Sql, table: string): Promise<Position> {
  const rows = await attempt(
    `reading the position of ${table}`,
    sql<{ partition: number; change: string }[]>`
      with ${partitions(sql, table)}
      select partition, last.change from partitions cross join lateral (
        select change from ${sql(table)} as live where live.partition = partitions.partition
        order by live.partition desc, change desc limit 1) as last`,
  );
  return new Map(rows.map(({ partition, change }) => [partition, Number(change)]));
}

/** One row with its place among the changes. */
export async function changeOf(sql: Sql, table: string, id: string): Promise<ChangedRow | undefined> {
  const [row] = await attempt(
    `reading a last change of ${table}`,
    sql<StoredRow[]>`
      select partition, change, id, version, deleted, document from ${sql(table)} as live where id = ${id}`,
  );
  return row && changedRow(row);
}

function changedRow({ partition, change, id, version, deleted, document }: StoredRow): ChangedRow {
  return { partition, change: Number(change), id, version, deleted, document };
}

/** The partitions that rows came from: one look into the index a partition, however many rows there are. */
function partitions(sql: Sql, table: string) {
  return sql`recursive ladder(partition) as (
    (select partition from ${sql(table)} as live order by partition limit 1)
    union all
    select (select partition from ${sql(table)} as live where partition > ladder.partition order by partition limit 1)
    from ladder where ladder.partition is not null
  ), partitions as (select partition from ladder where partition is not null)`;
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
