import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { PlacedRow } from "./read-model.ts";
import type { RowColumns } from "./rows.ts";

export async function findPlaced<Value>(
  sql: Sql,
  { table, deletedOf }: RowColumns<Value>,
  id: string,
): Promise<PlacedRow | undefined> {
  try {
    const [row] = await sql<(Omit<PlacedRow, "offset"> & { offset: string })[]>`
      select version, ${deletedOf ? sql`deleted` : sql`false as deleted`}, partition, "offset", document
      from ${sql(table)} where id = ${id}`;
    return row && { ...row, offset: Number(row.offset) };
  } catch (error) {
    throw postgresFailure("looking for a row", error);
  }
}
