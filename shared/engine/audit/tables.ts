// What the audit keeps. Must never be needed to answer a command or a query.
import { sql } from "drizzle-orm";
import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant } from "@millrace/platform/column-types";

/** What the audit found and has not seen mended. */
export const auditFindings = pgTable(
  "audit_findings",
  {
    kind: text().notNull(),
    /** A stream's name, or what else the finding is about. */
    subject: text().notNull(),
    detail: text().notNull(),
    foundAt: instant("found_at").notNull().default(sql`now()`),
    seenAt: instant("seen_at").notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.kind, table.subject] })],
);
