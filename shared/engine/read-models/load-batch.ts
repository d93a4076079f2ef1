// A copy of a read model filled from the event store: rows that are all new there, each made of all of its events.

import { sql } from "drizzle-orm";
import { CopyRows, copyIn } from "@millrace/platform/copy";
import type { Tx } from "@millrace/platform/postgres";
import { named, type Statement, statement } from "@millrace/platform/statement";
import { type Folding, foldNew } from "./apply-batch.ts";
import type { LeaveOut, ProjectedEvent } from "./read-model.ts";
import { type Change, type Column, identifiers, type RowColumns } from "./rows.ts";

/** Columns that say by which record a row last changed, and when among all changes: not content, and not in the store. */
export const COORDINATES: readonly string[] = ["partition", "offset", "change"];

/** A row's coordinates. */
type Coordinates = readonly [partition: number, offset: number, change?: number];

export interface Loading<Value> {
  /** In the order of both statements' columns. */
  readonly content: readonly Column<Value>[];
  /** Finds the coordinates of a stretch of live rows: a line a row, and after them its id. */
  readonly live: Statement;
  /** For rows with a live counterpart, and for those without. */
  readonly copyPlaced: string;
  readonly copyNew: string;
}

/**
 * Rows of the copy take their live counterparts' coordinates, among them the number that stands in `change` where rows
 * are numbered, so that who follows changes isn't sent every row again once the copy is live. Where the two are at
 * different versions they are set when the copy follows. What has no counterpart gets the next number.
 */
export function loadingInto<Value>({ table, columns, numbered }: RowColumns<Value>): Loading<Value> {
  const content = columns.filter(({ name }) => !COORDINATES.includes(name));
  const names = content.map(({ name }) => name);
  const placed = ["partition", "offset", ...(numbered ? ["change"] : [])];
  return {
    content,
    live: statement(sql`
      select string_agg(concat_ws(E'\t', ${identifiers([...placed, "id"])}), E'\n') as lines
      from public.${sql.identifier(table)} where id between ${named("first")} and ${named("last")}`),
    copyPlaced: copyInto(table, [...names, ...placed]),
    copyNew: copyInto(table, [...names, "partition", "offset"]),
  };
}

/** See ReadModel.load. */
export async function loadBatch<Value>(
  tx: Tx,
  model: Folding<Value>,
  loading: Loading<Value>,
  { events, leaveOut }: { events: readonly ProjectedEvent[]; leaveOut: LeaveOut },
): Promise<void> {
  const changes = foldNew(model, events, leaveOut);
  const live = await liveCoordinates(tx, loading, changes);
  const placed = new CopyRows();
  const fresh = new CopyRows();
  for (const { after: row } of changes) {
    const found = live.get(row.id);
    const [partition, offset, number]: Coordinates = found ?? [row.partition, row.offset];
    const rows = found ? placed : fresh;
    rows.begin(loading.content.length + (number === undefined ? 2 : 3));
    for (const column of loading.content) rows.field(column.type, column.of(row));
    rows.field("integer", partition);
    rows.field("bigint", offset);
    if (number !== undefined) rows.field("bigint", number);
  }
  await copyIn(tx, loading.copyPlaced, placed);
  await copyIn(tx, loading.copyNew, fresh);
}

/** Of the live rows from the first change's to the last one's, by id. */
async function liveCoordinates<Value>(
  tx: Tx,
  { live }: Loading<Value>,
  changes: readonly Change<Value>[],
): Promise<Map<string, Coordinates>> {
  const coordinates = new Map<string, Coordinates>();
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) return coordinates;
  const [found] = await live.run(tx, { first: first.after.id, last: last.after.id });
  if (typeof found?.lines !== "string") return coordinates;
  for (const line of found.lines.split("\n")) {
    const end = line.lastIndexOf("\t");
    const [partition = 0, offset = 0, change] = line.slice(0, end).split("\t").map(Number);
    const id = line.slice(end + 1);
    coordinates.set(id, change === undefined ? [partition, offset] : [partition, offset, change]);
  }
  return coordinates;
}

function copyInto(table: string, columns: readonly string[]): string {
  return `copy ${table} (${columns.map((name) => `"${name}"`).join(", ")}) from stdin (format binary)`;
}
