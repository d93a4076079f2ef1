import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** One row a note; `document` is what readers get, as JSON text. */
export const notes = pgTable(
  "notes",
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true, precision: 3, mode: "string" }).notNull(),
    deleted: boolean().notNull(),
    document: text().notNull(),
    partition: integer().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
  },
  (table) => [index("notes_newest").on(table.createdAt, table.id).where(sql`not ${table.deleted}`)],
);
