// A read model whose documents are made of several streams: each stream contributes one row, replaced when the stream goes
// on, and what the rows of a key come to is kept beside them. A contribution has one writer, its stream's partition, and
// stands under a version of its own, so that no order between topics is needed and nothing is counted twice.
import type { PgTable } from "drizzle-orm/pg-core";
import { foldingOf, type RowsDescription, type Source } from "./define.ts";
import type { SumsDescription } from "./kept-sums.ts";
import type { ReadModel } from "./read-model.ts";
import { createRowLookup } from "./row-lookup.ts";
import type { ShownDescription } from "./shown.ts";
import { type Combined, shownCombined } from "./shown-combined.ts";

interface CombinedDescription<Value, Table extends PgTable, Sums extends PgTable>
  extends RowsDescription<Value, Table> {
  /** Its rows are called by the names of these streams. */
  readonly of: readonly Source<Value>[];
  /**
   * What the rows of a key come to: a table with an `id` and a `createdAt`. A greatest and a least of a key are looked up
   * again when a row leaves it, so each needs an index of the rows that begins with the key.
   */
  readonly combined: SumsDescription<Table, Sums>;
  readonly shown: ShownDescription & {
    /** The column of the sums that is 0 where there is nothing to show. */
    readonly unless0: keyof Sums["$inferSelect"] & string;
    /** JSON text, money in decimals of the currency. */
    document(combined: Combined<Sums>, currency: string): string;
  };
}

/** One document a key, of any number of streams of several categories. */
export function defineCombined<Value, Table extends PgTable, Sums extends PgTable>(
  description: CombinedDescription<Value, Table, Sums>,
): ReadModel {
  const { combined, shown } = description;
  const { columns, next: _, ...model } = foldingOf(description, undefined, combined);
  const { table, deletedOf } = columns;
  return {
    ...model,
    gathers: true,
    shown: shownCombined(combined.table, shown),
    versions: (sql) =>
      createRowLookup(
        (ids) => sql`
          select id, version, ${deletedOf ? sql`deleted` : sql`false as deleted`}, null as document
          from ${sql(table)} where id = any(${ids}::text[])`,
      ),
  };
}
