import { sql } from "drizzle-orm";
import { bigint, check, index, json, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "@millrace/platform/column-types";

/** One row an act, for ever: triggers refuse UPDATE, DELETE and TRUNCATE to every role. */
export const trail = pgTable(
  "trail",
  {
    /** From 1, without gaps: a sequence would leave one for each transaction that was rolled back. */
    position: bigint({ mode: "number" }).primaryKey(),
    /** By Postgres's clock. A label: positions order. */
    at: timestamp({ withTimezone: true, precision: 3, mode: "string" }).notNull(),
    /** The Postgres role that wrote the entry, by Postgres's word. */
    login: text().notNull(),
    actor: text().notNull(),
    /** What proved who the actor is. */
    authn: text().notNull(),
    /** Where the act came from: an address, or the name of a machine. */
    origin: text().notNull(),
    act: text().notNull(),
    target: text().notNull(),
    /** `json` and not `jsonb`: its text is hashed, so it has to stay as it was written. */
    details: json().notNull(),
    /** See hashOf. */
    hash: bytea().notNull(),
  },
  (table) => [
    // What entries are looked for by, the newest first.
    index("trail_by_actor").on(table.actor, table.position),
    index("trail_by_act").on(table.act, table.position),
    index("trail_by_target").on(table.target, table.position),
    check("trail_begins_at_1", sql`${table.position} >= 1`),
    check("trail_hash_is_sha256", sql`octet_length(${table.hash}) = 32`),
  ],
);
