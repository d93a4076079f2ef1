import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** One row a note; `document` is what readers get, as JSON text. */
export const notes = pgTable(
  "notes",
  {
    ...streamColumns,
    deleted: boolean().notNull(),
    document: text().notNull(),
  },
  (table) => [index("notes_newest").on(table.createdAt, table.id).where(sql`not ${table.deleted}`)],
);
