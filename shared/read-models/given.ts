// A batch's rows as a statement gets them.
import { type SQL, sql } from "drizzle-orm";
import { lines, plainArray, textArray } from "@millrace/platform/columns";
import type { Change, Row } from "./apply-batch.ts";

/** A column's value in each row. JSON holds no line feeds, as it is printed. */
type Column =
  | { readonly type: "integer" | "bigint"; readonly of: readonly number[] }
  | { readonly type: "boolean"; readonly of: readonly boolean[] }
  | { readonly type: "text" | "timestamptz"; readonly of: readonly (string | null)[] }
  | { readonly type: "json"; readonly of: readonly string[] };

/** For FROM: a table `given` with these columns. */
export function given(columns: Readonly<Record<string, Column>>): SQL {
  const arrays = Object.values(columns).map(arrayOf);
  const names = Object.keys(columns).map((name) => sql.identifier(name));
  return sql`unnest(${sql.join(arrays, sql`, `)}) as given(${sql.join(names, sql`, `)})`;
}

/** What every read model's row has beside its own columns. */
interface DocumentRow extends Row {
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly offset: number;
}

/** Its columns; `before` is the version that the row was folded onto, 0 for a new one. */
export function documentColumns<R extends DocumentRow>(
  changes: readonly Change<R>[],
  printDocument: (row: R) => string,
) {
  const rows = changes.map(({ after }) => after);
  return {
    id: { type: "text", of: rows.map(({ id }) => id) },
    before: { type: "integer", of: changes.map(({ before }) => before?.version ?? 0) },
    version: { type: "integer", of: rows.map(({ version }) => version) },
    created_at: { type: "timestamptz", of: rows.map(({ createdAt }) => createdAt) },
    updated_at: { type: "timestamptz", of: rows.map(({ updatedAt }) => updatedAt) },
    document: { type: "json", of: rows.map(printDocument) },
    offset: { type: "bigint", of: rows.map(({ offset }) => offset) },
  } as const;
}

function arrayOf(column: Column): SQL {
  switch (column.type) {
    case "json":
      return sql`string_to_array(${lines(column.of)}::text, E'\n')`;
    case "text":
    case "timestamptz":
      return sql`${textArray(column.of)}::text::${sql.raw(column.type)}[]`;
    default:
      return sql`${plainArray(column.of)}::text::${sql.raw(column.type)}[]`;
  }
}
