// A copy of a read model filled from the event store: rows that are all new there, each made of all of its events.

import { type SQL, sql } from "drizzle-orm";
import { parseStreamName } from "@millrace/contract/envelope";
import { CopyRows, copyIn } from "@millrace/platform/copy";
import type { Tx } from "@millrace/platform/postgres";
import { named, type Statement, statement } from "@millrace/platform/statement";
import { foldNew, type Model, type Row } from "./apply-batch.ts";
import type { Columns } from "./given.ts";
import type { ProjectedEvent } from "./read-model.ts";

/** Columns that say by which record a row last changed, and when among all changes: not content, and not in the store. */
export const COORDINATES: readonly string[] = ["partition", "offset", "change"];

interface PlacedRow extends Row {
  readonly partition: number;
  readonly offset: number;
}

export interface Loading<R extends PlacedRow> {
  /** In the order of both statements' columns. */
  readonly content: readonly Columns<R>[string][];
  /** Finds the coordinates of a stretch of live rows: a line a row, and after them its id. */
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
    content: content.map(([, column]) => column),
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
  events: readonly ProjectedEvent[],
): Promise<void> {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return;
  // Postgres looks them up while rows are made.
  const [places, rows] = await Promise.all([
    livePlaces(tx, loading, idOf(first), idOf(last)),
    Promise.resolve(events).then((given) => foldNew(model, given)),
  ]);
  const placed = new CopyRows();
  const fresh = new CopyRows();
  for (const row of rows) {
    const { id, partition, offset } = row.after;
    const place = places.get(id);
    const into = place ? placed : fresh;
    into.begin(loading.content.length + (place?.length ?? 2));
    for (const column of loading.content)
      into.field(column.type === "json" ? "text" : column.type, column.of(row.after, row));
    into.field("integer", place ? (place[0] as number) : partition);
    into.field("bigint", place ? (place[1] as number) : offset);
    if (place?.length === 3) into.field("bigint", place[2] as number);
  }
  await copyIn(tx, loading.copyPlaced, placed);
  await copyIn(tx, loading.copyNew, fresh);
}

/** Coordinates in the order of `copyPlaced`, by id. */
async function livePlaces<R extends PlacedRow>(
  tx: Tx,
  { live }: Loading<R>,
  first: string,
  last: string,
): Promise<Map<string, readonly number[]>> {
  const [found] = await live.run(tx, { first, last });
  const places = new Map<string, readonly number[]>();
  if (typeof found?.lines !== "string") return places;
  for (const line of found.lines.split("\n")) {
    const end = line.lastIndexOf("\t");
    places.set(line.slice(end + 1), line.slice(0, end).split("\t").map(Number));
  }
  return places;
}

function idOf({ event }: ProjectedEvent): string {
  return parseStreamName(event.stream).aggregateId;
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
