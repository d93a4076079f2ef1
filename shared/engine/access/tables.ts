import { sql } from "drizzle-orm";
import { check, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "@millrace/platform/column-types";

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "string" });

/** One row a key, for ever: the audit trail names keys that are long revoked. */
export const apiKeys = pgTable(
  "api_keys",
  {
    /** The part of the key that may be shown. */
    id: text().primaryKey(),
    /** SHA-256 of the whole key. It has 256 random bits, so nothing slower is needed. */
    hash: bytea().notNull(),
    role: text().notNull(),
    /** Whose it is: several keys of one role and subject are one principal. */
    subject: text().notNull(),
    scopes: text().array().notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    createdBy: text("created_by").notNull(),
    expiresAt: instant("expires_at").notNull(),
    revokedAt: instant("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (table) => [check("api_keys_hash_is_sha256", sql`octet_length(${table.hash}) = 32`)],
);

/** One row a session of the console that goes on. */
export const consoleSessions = pgTable(
  "console_sessions",
  {
    /** SHA-256 of what the browser presents: nobody who reads this table can go on with a session in it. */
    hash: bytea().primaryKey(),
    role: text().notNull(),
    subject: text().notNull(),
    /** The API key that it was begun with. Null where the issuer of access tokens has said who it is. */
    keyId: text("key_id"),
    startedAt: instant("started_at").notNull().defaultNow(),
    /** When it was used last, to the minute. */
    seenAt: instant("seen_at").notNull().defaultNow(),
    /** It ends then, however much it is used. */
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [
    check("console_sessions_hash_is_sha256", sql`octet_length(${table.hash}) = 32`),
    index("console_sessions_principal").on(table.role, table.subject, table.startedAt),
  ],
);
