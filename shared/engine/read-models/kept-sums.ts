// Sums over a read model's rows, kept beside them with every change: described once, for the statement that moves them,
// for a rebuild that fills them, and for those who prove them.
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { named, type Statement, statement, type Values } from "@millrace/platform/statement";
import { arrayFrom, type Change, type Column, identifiers, type RowColumns } from "./rows.ts";
import { isExtreme, type Kept, type KeyColumn, movedBy, type SumColumn } from "./sum-cells.ts";

type Of<Rows extends PgTable> = keyof Rows["$inferSelect"] & string;

/** How a column of the sums follows from the rows that share a key. */
export type Aggregate<Name extends string> =
  | { readonly is: "count" }
  /** `greatest` and `least` pass over rows that hold nothing. Texts are told apart in Postgres' own order. */
  | { readonly is: "sum" | "greatest" | "least"; readonly of: Name };

type KeyOf<Rows extends PgTable, Sums extends PgTable> = {
  readonly [Name in keyof Sums["$inferSelect"]]?: Of<Rows>;
};

/**
 * Rows that are deleted count nowhere, and none where a part of its key is null. A table with a column `partition` has
 * its sums by partition, so that no partition waits for another's row; else all of them write one row a key.
 */
export interface SumsDescription<Rows extends PgTable, Sums extends PgTable> {
  readonly table: Sums;
  /** Columns of the key, and those of the rows that they are taken from. */
  readonly key: KeyOf<Rows, Sums>;
  readonly columns: { readonly [Name in keyof Sums["$inferSelect"]]?: Aggregate<Of<Rows>> };
}

/** What those need who look after the tables; names stand for whatever the connection's search_path finds. */
export interface KeptSums {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly is: Aggregate<string>["is"] }[];
  /** What each key's sums must be, as a query with the table's own columns. */
  readonly counted: string;
  /** The same as the table keeps it: fills the empty table. */
  readonly filled: string;
}

export interface Sums<Value> extends KeptSums {
  readonly partitioned: boolean;
  /** For WITH, after `fence`: moves the sums by what `valuesOf` names. */
  readonly counting: SQL;
  /**
   * Values of `counting`. `recounted` names the keys of which a greatest or least may be gone: with rows as they are then,
   * `recount` has to follow in the same transaction.
   */
  valuesOf(changes: readonly Change<Value>[]): {
    readonly values: Values;
    readonly recounted: readonly string[];
  };
  readonly recount: Statement | undefined;
}

/** @throws where the description names a column that is not there, or what can't be kept so */
export function createSums<Value, Rows extends PgTable, Table extends PgTable>(
  rows: RowColumns<Value>,
  { table, key, columns }: SumsDescription<Rows, Table>,
): Sums<Value> {
  const { name } = getTableConfig(table);
  const all: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  const ownName = (column: string) => {
    const found = all[column];
    if (!found) throw new Error(`The sums' table ${name} has no column ${column}`);
    return found.name;
  };
  const fromRows = (column: string) => {
    const found = rows.columns.find((each) => each.key === column);
    if (!found)
      throw new Error(`The sums of ${name} are taken from ${rows.table}, which has no column ${column}`);
    return found;
  };
  const keys = Object.entries(key as Record<string, string>).map(([column, of]): KeyColumn<Value> => {
    const from = fromRows(of);
    return { name: ownName(column), type: from.type, from };
  });
  const sums = Object.entries(columns as Record<string, Aggregate<string>>).map(
    ([column, aggregate]): SumColumn<Value> => ({
      name: ownName(column),
      is: aggregate.is,
      from: aggregate.is === "count" ? undefined : fromRows(aggregate.of),
    }),
  );
  const partitioned = "partition" in all;
  const hasExtremes = sums.some(isExtreme);
  if (hasExtremes && (partitioned || keys.length !== 1)) {
    throw new Error(`${name} keeps a greatest or least, so its key has to be one column, and no partition`);
  }
  const kept: Kept<Value> = { table: name, keys, sums, partitioned, rows };
  return {
    table: name,
    partitioned,
    key: keys.map((each) => each.name),
    columns: sums.map((each) => ({ name: each.name, is: each.is })),
    counted: countedSql(kept, false),
    filled: `insert into "${name}" (${columnsOf(kept).map(quoted).join(", ")}) ${countedSql(kept, partitioned)}`,
    counting: countingSql(kept),
    recount: hasExtremes ? statement(recountSql(kept)) : undefined,
    valuesOf: (changes) => movedBy(kept, changes),
  };
}

const IN_SQL = { count: "count", sum: "sum", greatest: "max", least: "min" } as const;

function countedSql<Value>({ keys, sums, rows }: Kept<Value>, byPartition: boolean): string {
  const partition = byPartition ? ["partition"] : [];
  const by = [...partition, ...keys.map(({ from }) => quoted(from.name))];
  const columns = [
    ...partition,
    ...keys.map(({ name, from }) => `${quoted(from.name)} as ${quoted(name)}`),
    ...sums.map(
      ({ name, is, from }) => `${IN_SQL[is]}(${from ? quoted(from.name) : "*"}) as ${quoted(name)}`,
    ),
  ];
  const counted = [
    ...(rows.deletedOf ? ["not deleted"] : []),
    ...keys.filter(({ from }) => from.nullable).map(({ from }) => `${quoted(from.name)} is not null`),
  ];
  const where = counted.length > 0 ? ` where ${counted.join(" and ")}` : "";
  return `select ${columns.join(", ")} from "${rows.table}"${where} group by ${by.join(", ")}`;
}

function countingSql<Value>(kept: Kept<Value>): SQL {
  const { table, keys, sums, partitioned } = kept;
  const names = [...keys, ...sums].map(({ name }) => name);
  const arrays = [
    ...keys.map(({ name, type }) => arrayFrom(type, cell(name))),
    ...sums.map(({ name, from }) => arrayFrom(from?.type ?? "bigint", cell(name))),
  ];
  const target = sql.identifier(table);
  const moved = sums.map(({ name, is }) => {
    const column = sql.identifier(name);
    if (is === "greatest" || is === "least") {
      return sql`${column} = ${sql.raw(is)}(${target}.${column}, excluded.${column})`;
    }
    return sql`${column} = ${target}.${column} + excluded.${column}`;
  });
  const partition = partitioned ? sql`${named("partition")}::integer, ` : sql``;
  const conflict = [...(partitioned ? ["partition"] : []), ...keys.map(({ name }) => name)];
  // Partitions that write the same rows take them in one order, so that none waits for another that waits for it.
  const inOrder = partitioned ? sql`` : sql`order by ${identifiers(keys.map(({ name }) => name))}`;
  return sql`counted as (
      insert into ${target} (${identifiers(columnsOf(kept))})
      select ${partition}${identifiers(names)}
      from unnest(${sql.join(arrays, sql`, `)}) as cells(${identifiers(names)}) where exists (select from fence)
      ${inOrder}
      on conflict (${identifiers(conflict)}) do update set ${sql.join(moved, sql`, `)}
    )`;
}

function recountSql<Value>({ table, keys, sums, rows }: Kept<Value>): SQL {
  const [key] = keys as readonly [KeyColumn<Value>];
  const target = sql.identifier(table);
  const own = sql`${target}.${sql.identifier(key.name)}`;
  const alive = rows.deletedOf ? sql` and not deleted` : sql``;
  // Each is one look into an index that begins with the key.
  const counted = sums.filter(isExtreme).map(({ name, is, from }) => {
    const column = sql.identifier((from as Column<Value>).name);
    const of = sql`from ${sql.identifier(rows.table)} where ${sql.identifier(key.from.name)} = ${own}
      and ${column} is not null${alive}`;
    return sql`${sql.identifier(name)} = (select ${sql.raw(IN_SQL[is])}(${column}) ${of})`;
  });
  return sql`update ${target} set ${sql.join(counted, sql`, `)}
    where ${sql.identifier(key.name)} = any(${named("recounted")}::text::text[])`;
}

function columnsOf<Value>({ keys, sums, partitioned }: Kept<Value>): string[] {
  return [...(partitioned ? ["partition"] : []), ...[...keys, ...sums].map(({ name }) => name)];
}

function cell(name: string): SQL {
  return named(`cells.${name}`);
}

function quoted(name: string): string {
  return `"${name}"`;
}
