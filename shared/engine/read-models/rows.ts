// A read model's rows, as they are folded in memory and as a statement gets a batch of them.
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { lines, plainArray, textArray } from "@millrace/platform/columns";
import type { CopyType } from "@millrace/platform/copy";
import { named, type Values } from "@millrace/platform/statement";

/** A row as it is folded. `value` is what the model keeps of its stream. */
export interface Row<Value> {
  readonly id: string;
  /** Events applied so far. */
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of the record that changed it last. */
  readonly partition: number;
  readonly offset: number;
  readonly value: Value;
}

export interface Change<Value> {
  /** The row that was folded onto; undefined for a row that the batch creates. */
  readonly before: Row<Value> | undefined;
  readonly after: Row<Value>;
}

/** Columns that every read model's table has; `document`, `deleted` and `change` are for those that want them. */
export type GivenColumn =
  | "id"
  | "version"
  | "createdAt"
  | "updatedAt"
  | "partition"
  | "offset"
  | "document"
  | "change";

type Inserted<Table extends PgTable> = Required<Table["$inferInsert"]>;

/** What a model's own columns hold of a row. A column of the table that is forgotten here does not compile. */
export type OwnColumns<Table extends PgTable, Value> = {
  readonly [Name in Exclude<keyof Inserted<Table>, GivenColumn>]: (row: Row<Value>) => Inserted<Table>[Name];
};

type CellValue = string | number | boolean | null;

export interface Column<Value> {
  /** In TypeScript, and in the table. */
  readonly key: string;
  readonly name: string;
  readonly type: CopyType;
  readonly nullable: boolean;
  of(row: Row<Value>): CellValue;
}

export interface RowColumns<Value> {
  readonly table: string;
  /** All but `partition`, which a batch shares, and `change`, which is drawn. */
  readonly columns: readonly Column<Value>[];
  /** Whether a row draws its place among all changes each time that it changes. */
  readonly numbered: boolean;
  /** Absent where no row is ever deleted. A deleted row stays, unseen, so that a redelivered event finds its version. */
  readonly deletedOf: ((row: Row<Value>) => boolean) | undefined;
}

/** @throws where the table lacks a column that every read model has, or has one of a type that can't be loaded */
export function rowColumns<Value>(
  table: PgTable,
  own: Readonly<Record<string, (row: Row<Value>) => unknown>>,
  document: ((row: Row<Value>) => string) | undefined,
): RowColumns<Value> {
  const { name } = getTableConfig(table);
  const all: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  const given: Readonly<Record<string, (row: Row<Value>) => unknown>> = {
    id: (row) => row.id,
    version: (row) => row.version,
    createdAt: (row) => row.createdAt,
    updatedAt: (row) => row.updatedAt,
    offset: (row) => row.offset,
    ...(document ? { document } : {}),
    ...own,
  };
  for (const key of [...Object.keys(given), "partition"]) {
    if (!all[key]) throw new Error(`The read model's table ${name} has no column ${key}`);
  }
  const columns = Object.entries(given).map(([key, of]) => {
    const column = all[key] as PgColumn;
    return {
      key,
      name: column.name,
      type: typeOf(name, column),
      nullable: !column.notNull,
      of: of as Column<Value>["of"],
    };
  });
  return {
    table: name,
    columns,
    numbered: "change" in all,
    deletedOf: own.deleted as RowColumns<Value>["deletedOf"],
  };
}

const TYPES: Readonly<Record<string, CopyType>> = {
  text: "text",
  integer: "integer",
  bigint: "bigint",
  boolean: "boolean",
};

function typeOf(table: string, column: PgColumn): CopyType {
  const printed = column.getSQLType();
  const type = printed.startsWith("timestamp") ? "timestamptz" : TYPES[printed];
  if (!type) throw new Error(`A read model's rows can't have the type ${printed}: ${table}.${column.name}`);
  return type;
}

/** For FROM: a table `given` of a batch's rows, with the version that each was folded onto as `before`: 0 for a new one. */
export function given<Value>({ columns }: RowColumns<Value>): SQL {
  const arrays = columns.map((column) => arrayOf(column, named(placeOf(column.name))));
  const names = columns.map(({ name }) => sql.identifier(name));
  const before = sql`${named(placeOf("before"))}::text::integer[]`;
  return sql`unnest(${sql.join([...arrays, before], sql`, `)}) as given(${sql.join([...names, sql`before`], sql`, `)})`;
}

export function givenValues<Value>(
  { columns }: RowColumns<Value>,
  changes: readonly Change<Value>[],
): Values {
  const values: Record<string, unknown> = {
    partition: changes[0]?.after.partition ?? 0,
    [placeOf("before")]: plainArray(changes.map(({ before }) => before?.version ?? 0)),
  };
  for (const column of columns) {
    values[placeOf(column.name)] = isJson(column)
      ? lines(changes.map(({ after }) => column.of(after) as string))
      : printedArray(
          column,
          changes.map(({ after }) => column.of(after)),
        );
  }
  return values;
}

/** Values as `arrayFrom` takes them. */
export function printedArray(
  { type, nullable }: Pick<Column<never>, "type" | "nullable">,
  values: readonly CellValue[],
): string {
  if (type === "text" || type === "timestamptz") return textArray(values as (string | null)[]);
  if (nullable) return textArray(values.map((value) => (value === null ? null : String(value))));
  return plainArray(values as (number | boolean)[]);
}

export function arrayFrom(type: string, value: SQL): SQL {
  return sql`${value}::text::${sql.raw(type)}[]`;
}

function arrayOf<Value>(column: Column<Value>, value: SQL): SQL {
  return isJson(column) ? sql`string_to_array(${value}::text, E'\n')` : arrayFrom(column.type, value);
}

/** JSON holds no line feed, as it is printed. */
function isJson({ key }: Pick<Column<never>, "key">): boolean {
  return key === "document";
}

function placeOf(column: string): string {
  return `given.${column}`;
}

export function identifiers(names: readonly string[], of?: string): SQL {
  return sql.join(
    names.map((name) =>
      of ? sql`${sql.identifier(of)}.${sql.identifier(name)}` : sql`${sql.identifier(name)}`,
    ),
    sql`, `,
  );
}
