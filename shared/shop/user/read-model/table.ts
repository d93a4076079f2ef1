import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text } from "drizzle-orm/pg-core";
import { streamColumns } from "@millrace/read-models/stream-columns";

/** One row a user; `document` is what readers get, as JSON text. */
export const users = pgTable(
  "users",
  {
    ...streamColumns,
    deleted: boolean().notNull(),
    document: text().notNull(),
  },
  (table) => [index("users_newest").on(table.createdAt, table.id).where(sql`not ${table.deleted}`)],
);
