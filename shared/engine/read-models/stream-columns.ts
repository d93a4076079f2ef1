// Columns that the table of a read model with a row a stream begins with.
import { bigint, integer, text, timestamp } from "drizzle-orm/pg-core";

/** A column for an instant, kept to the millisecond; called as its property is where no name is given. */
export function milliseconds(name = "") {
  return timestamp(name, { withTimezone: true, precision: 3, mode: "string" });
}

export const streamColumns = {
  /** The stream's id. */
  id: text().primaryKey(),
  /** Events applied so far. */
  version: integer().notNull(),
  createdAt: milliseconds("created_at").notNull(),
  updatedAt: milliseconds("updated_at").notNull(),
  /** Where the record that changed the row last stands in its topic. */
  partition: integer().notNull(),
  offset: bigint({ mode: "number" }).notNull(),
};
