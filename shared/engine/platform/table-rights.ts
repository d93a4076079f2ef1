// What apps may do with tables, in the words of the field: an app that is not named may do nothing. TRUNCATE is nobody's.
import type { PgTable } from "drizzle-orm/pg-core";
import type { App } from "./apps.ts";

export type Right = "select" | "insert" | "update" | "delete";

export interface TableRights {
  readonly table: PgTable;
  readonly rights: Readonly<Partial<Record<App, readonly Right[]>>>;
}

export const READ: readonly Right[] = ["select"];
/** What is there stays as it is. */
export const APPEND: readonly Right[] = ["select", "insert"];
export const CHANGE: readonly Right[] = ["select", "insert", "update"];
export const KEEP: readonly Right[] = ["select", "insert", "update", "delete"];
