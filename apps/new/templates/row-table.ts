// The table of a read model with a row a stream.

/** Columns of every row: whose it is and since when, then where it came from. */
export const ROW_BEGINS = `    id: text().primaryKey(),
    version: integer().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),`;
export const ROW_ENDS = `    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),`;

interface RowTable {
  readonly table: string;
  /** What a row is one of: `a thing`. */
  readonly row: string;
  /** Its own, a line each. */
  readonly columns: readonly string[];
}

export function rowTableFile({ table, row, columns }: RowTable): string {
  return `import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** One row ${row}; \`document\` is what readers get, as JSON text. */
export const ${table} = pgTable(
  "${table}",
  {
${ROW_BEGINS}
${[...columns, "deleted: boolean().notNull(),", "document: text().notNull(),"].map((line) => `    ${line}`).join("\n")}
${ROW_ENDS}
  },
  (table) => [index("${table}_newest").on(table.createdAt, table.id).where(sql\`not \${table.deleted}\`)],
);
`;
}
