// A copy of a read model filled from the event store: rows that are all new there, each made of all of its events.

import { sql } from "drizzle-orm";
import type { Tx } from "@millrace/platform/postgres";
import { type Statement, statement } from "@millrace/platform/statement";
import { foldNew, type Model, type Row } from "./apply-batch.ts";
import { type Columns, given, givenValues } from "./given.ts";
import type { ProjectedEvent } from "./read-model.ts";

export interface Loading<R extends Row> {
  readonly columns: Columns<R>;
  readonly statement: Statement;
}

/** Columns that say by which record a row last changed, and when among all changes: not content, and not in the store. */
export const COORDINATES: readonly string[] = ["partition", "offset", "change"];

/**
 * Rows of the copy take their live counterparts' coordinates, and the number that stands in `change` where the table has
 * one (else the next of `changes`), so that who follows changes isn't sent every row again once the copy is live. Where
 * the two are at different versions they are set when the copy follows.
 */
export function loadingInto<R extends Row>(table: string, columns: Columns<R>, changes?: string): Loading<R> {
  const names = Object.keys(columns).filter((name) => name !== "before");
  const values = names.map((name) => {
    const own = sql`given.${sql.identifier(name)}`;
    return COORDINATES.includes(name) ? sql`coalesce(live.${sql.identifier(name)}, ${own})` : own;
  });
  const into = names.map((name) => sql.identifier(name));
  const numbered = changes !== undefined;
  const text = sql`
    insert into ${sql.identifier(table)} (${sql.join(into, sql`, `)}${numbered ? sql`, change` : sql``})
    select ${sql.join(values, sql`, `)}
      ${numbered ? sql`, coalesce(live.change, nextval('${sql.raw(changes)}'))` : sql``}
    from ${given(columns)} left join public.${sql.identifier(table)} as live on live.id = given.id`;
  return { columns, statement: statement(text) };
}

/** See Projection.load. */
export async function loadBatch<R extends Row>(
  tx: Tx,
  model: Model<R>,
  loading: Loading<R>,
  events: readonly ProjectedEvent[],
): Promise<void> {
  const changes = foldNew(model, events);
  if (changes.length > 0) await loading.statement.run(tx, givenValues(loading.columns, changes));
}
