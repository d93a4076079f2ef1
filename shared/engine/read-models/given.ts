// A batch's rows as a statement gets them.
import { type SQL, sql } from "drizzle-orm";
import { lines, plainArray, textArray } from "@millrace/platform/columns";
import { named, type Values } from "@millrace/platform/statement";
import type { Change, Row } from "./apply-batch.ts";

/** A column, and its value in the row after the change. JSON holds no line feeds, as it is printed. */
type Column<R extends Row> =
  | { readonly type: "integer" | "bigint"; of(row: R, change: Change<R>): number }
  | { readonly type: "boolean"; of(row: R): boolean }
  | { readonly type: "text" | "timestamptz"; of(row: R): string | null }
  | { readonly type: "json"; of(row: R): string };

export type Columns<R extends Row> = Readonly<Record<string, Column<R>>>;

/** For FROM: a table `given` with these columns, whose rows `givenValues` tells. */
export function given<R extends Row>(columns: Columns<R>): SQL {
  const arrays = Object.entries(columns).map(([name, { type }]) => arrayOf(type, named(placeOf(name))));
  const names = Object.keys(columns).map((name) => sql.identifier(name));
  return sql`unnest(${sql.join(arrays, sql`, `)}) as given(${sql.join(names, sql`, `)})`;
}

export function givenValues<R extends Row>(columns: Columns<R>, changes: readonly Change<R>[]): Values {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [placeOf(name), printed(column, changes)]),
  );
}

function placeOf(column: string): string {
  return `given.${column}`;
}

/** What every read model's row has beside its own columns. */
interface DocumentRow extends Row {
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly offset: number;
}

/** Its columns; `before` is the version that the row was folded onto, 0 for a new one. */
export function documentColumns<R extends DocumentRow>(printDocument: (row: R) => string) {
  return {
    id: { type: "text", of: ({ id }) => id },
    before: { type: "integer", of: (_, { before }) => before?.version ?? 0 },
    version: { type: "integer", of: ({ version }) => version },
    created_at: { type: "timestamptz", of: ({ createdAt }) => createdAt },
    updated_at: { type: "timestamptz", of: ({ updatedAt }) => updatedAt },
    document: { type: "json", of: printDocument },
    offset: { type: "bigint", of: ({ offset }) => offset },
  } satisfies Columns<R>;
}

function arrayOf(type: Column<Row>["type"], value: SQL): SQL {
  if (type === "json") return sql`string_to_array(${value}::text, E'\n')`;
  return sql`${value}::text::${sql.raw(type)}[]`;
}

function printed<R extends Row>(column: Column<R>, changes: readonly Change<R>[]): string {
  switch (column.type) {
    case "json":
      return lines(changes.map(({ after }) => column.of(after)));
    case "text":
    case "timestamptz":
      return textArray(changes.map(({ after }) => column.of(after)));
    case "boolean":
      return plainArray(changes.map(({ after }) => column.of(after)));
    default:
      return plainArray(changes.map((change) => column.of(change.after, change)));
  }
}
