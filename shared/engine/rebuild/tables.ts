// What a rebuild keeps, so that it never loses its place. Must never be needed to read or write an order.
import { sql } from "drizzle-orm";
import { bigint, boolean, integer, json, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant } from "@millrace/platform/column-types";

/** One row a projection that is being rebuilt, or was and can still go back. */
export const rebuilds = pgTable("rebuilds", {
  projection: text().primaryKey(),
  /** See rebuild.ts. */
  phase: text({ enum: ["loading", "indexing", "following", "switched"] }).notNull(),
  /** Events to load, counted when it began. */
  events: bigint({ mode: "number" }).notNull(),
  /** Oldest transaction that was under way when it began: rows of later ones have changed since. */
  startedXid: bigint("started_xid", { mode: "number" }).notNull(),
  startedAt: instant("started_at").notNull().default(sql`now()`),
  changedAt: instant("changed_at").notNull().default(sql`now()`),
  /** What the last comparison found; see compare.ts. */
  comparison: json(),
});

/** A rebuild's shares of the streams, in their order; how far each has been loaded moves with its rows. */
export const rebuildRanges = pgTable(
  "rebuild_ranges",
  {
    projection: text().notNull(),
    ordinal: integer().notNull(),
    /** The last stream that is loaded; at first, where the range begins, itself not part of it. */
    after: text().notNull(),
    /** Where the range ends; null for the last one. */
    upTo: text("up_to"),
    events: bigint({ mode: "number" }).notNull().default(0),
    finished: boolean().notNull().default(false),
    /** Streams that were not loaded, see left-out.ts. */
    leftOut: jsonb("left_out").notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.projection, table.ordinal] })],
);
