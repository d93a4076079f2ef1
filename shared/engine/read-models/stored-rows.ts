// Rows read back, to be folded on.
import { sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { textArray } from "@millrace/platform/columns";
import type { Tx } from "@millrace/platform/postgres";
import { named, statement } from "@millrace/platform/statement";
import { RowsTooLarge } from "./read-model.ts";
import type { Column, GivenColumn, Row, RowColumns } from "./rows.ts";
import { READ_BYTES_MAX } from "./within-bytes.ts";

/** What is known of a row that was read: its own columns and its document. Times are ISO 8601, UTC. */
export type Stored<Table extends PgTable> = {
  readonly [Name in Exclude<
    keyof Table["$inferSelect"],
    Exclude<GivenColumn, "id" | "version" | "document">
  >]: Table["$inferSelect"][Name];
};

/**
 * A thousand events of a hundred bytes may be for rows that have a gigabyte: where their documents come to more than
 * READ_BYTES_MAX, Postgres sends none of several. It unpacks no document to know its length.
 */
const IF_FEW_BYTES = sql`case when sum(octet_length(document)) over () <= ${sql.raw(String(READ_BYTES_MAX))}
  or count(*) over () = 1 then document end`;

/** Reads the rows that are there. @throws RowsTooLarge */
export function storedRows<Value, Table extends PgTable>(
  { table, columns }: RowColumns<Value>,
  restore: (stored: Stored<Table>) => Value,
): (tx: Tx, ids: readonly string[]) => Promise<Row<Value>[]> {
  const selected = columns.map(({ key, name, type }) => {
    const column = sql.identifier(name);
    if (key === "document") return sql`${IF_FEW_BYTES} as document`;
    if (type !== "timestamptz") return sql`${column}`;
    return sql`(extract(epoch from ${column}) * 1000)::float8 as ${column}`;
  });
  const hasDocument = columns.some(({ key }) => key === "document");
  const reading = statement(sql`
    select ${sql.join(selected, sql`, `)}, partition from ${sql.identifier(table)}
    where id = any(${named("ids")}::text::text[])`);
  return async (tx, ids) => {
    const found = await reading.run(tx, { ids: textArray(ids) });
    if (hasDocument && found[0]?.document === null) throw new RowsTooLarge(found.length);
    return found.map((stored): Row<Value> => {
      const read: Record<string, unknown> = {};
      for (const column of columns) read[column.key] = readBack(column, stored[column.name]);
      const { id, version, createdAt, updatedAt, offset } = read as Pick<
        Row<Value>,
        "id" | "version" | "createdAt" | "updatedAt" | "offset"
      >;
      const value = restore(read as Stored<Table>);
      return { id, version, createdAt, updatedAt, partition: stored.partition as number, offset, value };
    });
  };
}

function readBack({ type }: Pick<Column<never>, "type">, stored: unknown): unknown {
  if (stored === null) return null;
  if (type === "bigint") return Number(stored);
  return type === "timestamptz" ? new Date(stored as number).toISOString() : stored;
}
