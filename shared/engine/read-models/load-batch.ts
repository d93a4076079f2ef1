// A copy of a read model filled from the event store: rows that are all new there, each made of all of its events.

import { type SQL, sql } from "drizzle-orm";
import { CopyRows, type CopyType, type CopyValue, copyIn } from "@millrace/platform/copy";
import type { Tx } from "@millrace/platform/postgres";
import { named, type Statement, statement } from "@millrace/platform/statement";
import { type Change, foldNew, type Model, type Row } from "./apply-batch.ts";
import type { Columns } from "./given.ts";
import type { LeaveOut, ProjectedEvent } from "./read-model.ts";

/** Columns that say by which record a row last changed, and when among all changes: not content, and not in the store. */
export const COORDINATES: readonly string[] = ["partition", "offset", "change"];

interface PlacedRow extends Row {
  readonly partition: number;
  readonly offset: number;
}

/** A row's coordinates. */
type Place = readonly [partition: number, offset: number, change?: number];

interface CopiedColumn<R extends PlacedRow> {
  readonly type: CopyType;
  of(row: R, change: Change<R>): CopyValue;
}

export interface Loading<R extends PlacedRow> {
  /** In the order of both statements' columns. */
  readonly content: readonly CopiedColumn<R>[];
  /** Finds the places of a stretch of live rows: a line a row, and after them its id. */
  readonly live: Statement;
  /** For rows with a live counterpart, and for those without. */
  readonly copyPlaced: string;
  readonly copyNew: string;
}

/**
 * Rows of the copy take their live counterparts' coordinates, among them the number that stands in `change` where rows
 * are `numbered`, so that who follows changes isn't sent every row again once the copy is live. Where the two are at
 * different versions they are set when the copy follows. What has no counterpart gets the next number.
 */
export function loadingInto<R extends PlacedRow>(
  table: string,
  columns: Columns<R>,
  { numbered }: { numbered: boolean },
): Loading<R> {
  const content = Object.entries(columns).filter(
    ([name]) => name !== "before" && !COORDINATES.includes(name),
  );
  const names = content.map(([name]) => name);
  const placed = ["partition", "offset", ...(numbered ? ["change"] : [])];
  return {
    content: content.map(([, { type, of }]) => ({ type: type === "json" ? "text" : type, of })),
    live: statement(sql`
      select string_agg(concat_ws(E'\t', ${identifiers([...placed, "id"])}), E'\n') as lines
      from public.${sql.identifier(table)} where id between ${named("first")} and ${named("last")}`),
    copyPlaced: copyInto(table, [...names, ...placed]),
    copyNew: copyInto(table, [...names, "partition", "offset"]),
  };
}

/** See Projection.load. */
export async function loadBatch<R extends PlacedRow>(
  tx: Tx,
  model: Model<R>,
  loading: Loading<R>,
  { events, leaveOut }: { events: readonly ProjectedEvent[]; leaveOut: LeaveOut },
): Promise<void> {
  const changes = foldNew(model, events, leaveOut);
  const places = await livePlaces(tx, loading, changes);
  const placed = new CopyRows();
  const fresh = new CopyRows();
  for (const change of changes) {
    const row = change.after;
    const place = places.get(row.id);
    const [partition, offset, number]: Place = place ?? [row.partition, row.offset];
    const rows = place ? placed : fresh;
    rows.begin(loading.content.length + (number === undefined ? 2 : 3));
    for (const { type, of } of loading.content) rows.field(type, of(row, change));
    rows.field("integer", partition);
    rows.field("bigint", offset);
    if (number !== undefined) rows.field("bigint", number);
  }
  await copyIn(tx, loading.copyPlaced, placed);
  await copyIn(tx, loading.copyNew, fresh);
}

/** Of the live rows from the first change's to the last one's, by id. */
async function livePlaces<R extends PlacedRow>(
  tx: Tx,
  { live }: Loading<R>,
  changes: readonly Change<R>[],
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) return places;
  const [found] = await live.run(tx, { first: first.after.id, last: last.after.id });
  if (typeof found?.lines !== "string") return places;
  for (const line of found.lines.split("\n")) {
    const end = line.lastIndexOf("\t");
    places.set(line.slice(end + 1), line.slice(0, end).split("\t").map(Number) as unknown as Place);
  }
  return places;
}

function copyInto(table: string, columns: readonly string[]): string {
  return `copy ${table} (${columns.map((name) => `"${name}"`).join(", ")}) from stdin (format binary)`;
}

function identifiers(names: readonly string[]): SQL {
  return sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );
}
