// What readers may ask of a list, each served by an index.
import { getTableColumns, is, type SQL } from "drizzle-orm";
import { getTableConfig, PgColumn, type PgTable } from "drizzle-orm/pg-core";
import type * as v from "valibot";
import type { Sql } from "@millrace/platform/postgres";
import type { Fragment } from "./within-bytes.ts";

type Reading<Value> = v.GenericSchema<string, Value>;

export interface Filter {
  /** Reads it from the query of a URL. */
  readonly schema: v.GenericSchema<string, unknown>;
  readonly description: string;
  /** By the column's name in TypeScript. */
  readonly column: string;
  readonly operator: "=" | ">" | "<";
  /** As the column holds it. */
  stored(value: unknown): string;
}

/** Rows whose column is what was asked; `stored` where the column holds another form of it. */
export function equal<Value extends string>(
  column: string,
  schema: Reading<Value>,
  description: string,
  stored: (value: Value) => string = (value) => value,
): Filter {
  return { column, operator: "=", schema, description, stored: stored as Filter["stored"] };
}

/** Rows that were made after the instant. */
export function createdAfter(schema: Reading<string>, description: string): Filter {
  return { column: "createdAt", operator: ">", schema, description, stored: String };
}

/** Rows that were made before the instant. */
export function createdBefore(schema: Reading<string>, description: string): Filter {
  return { ...createdAfter(schema, description), operator: "<" };
}

/** Of the list that is asked for. @throws where the table has no index that serves a filter in the order of the list */
export function conditionsOf(table: PgTable, filters: Readonly<Record<string, Filter>>) {
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  for (const [name, { column }] of Object.entries(filters)) {
    const first = columns[column]?.name;
    if (first !== undefined && startsOf(table).includes(first)) continue;
    throw new Error(
      `No index of ${getTableConfig(table).name} serves the filter ${name}: it has to begin with ${column}`,
    );
  }
  return (sql: Sql, asked: Readonly<Record<string, unknown>>): Fragment[] =>
    Object.entries(filters).flatMap(([name, { column, operator, stored }]) => {
      const value = asked[name];
      if (value === undefined) return [];
      const found = columns[column] as PgColumn;
      const type = found.getSQLType().startsWith("timestamp") ? sql`::timestamptz` : sql``;
      return [sql`${sql(found.name)} ${sql.unsafe(operator)} ${stored(value)}${type}`];
    });
}

/** Names of the columns that its indexes begin with. */
function startsOf(table: PgTable): string[] {
  return getTableConfig(table).indexes.flatMap(({ config }) => {
    const first: unknown = config.columns[0];
    return is(first, PgColumn) || hasName(first) ? [(first as { name: string }).name] : [];
  });
}

function hasName(column: SQL | unknown): boolean {
  return typeof column === "object" && column !== null && "name" in column;
}
