// The table of a read model with a row a stream.

interface RowTable {
  readonly table: string;
  /** What has a row: `a thing`. */
  readonly row: string;
  /** Its own columns, each as `name: builder`. */
  readonly columns: readonly string[];
}

export function rowTableFile({ table, row, columns }: RowTable): string {
  const own = columns.join();
  const named = (words: readonly string[]) => words.filter((word) => own.includes(`${word}(`));
  return `import { sql } from "drizzle-orm";
import { ${[...named(["bigint"]), "boolean, index, pgTable, text"].join(", ")} } from "drizzle-orm/pg-core";
import { ${[...named(["milliseconds"]), "streamColumns"].join(", ")} } from "@millrace/read-models/stream-columns";

/** One row for ${row}; \`document\` is what readers get, as JSON text. */
export const ${table} = pgTable(
  "${table}",
  {
    ...streamColumns,
${columns.map((column) => `    ${column},\n`).join("")}    deleted: boolean().notNull(),
    document: text().notNull(),
  },
  (table) => [index("${table}_newest").on(table.createdAt, table.id).where(sql\`not \${table.deleted}\`)],
);
`;
}
