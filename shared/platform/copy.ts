// Rows on their way into a table by COPY, in its text format: the least that a row can cost Postgres.
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { PostgresJsSession } from "drizzle-orm/postgres-js";
import type { Sql, Tx } from "./postgres.ts";

export type Field = string | number | boolean | null;

const SPECIAL = /[\\\t\n\r]/;
const EACH_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A row: its fields in the order of the statement's columns. */
export function copyLine(fields: readonly Field[]): string {
  return `${fields.map(printField).join("\t")}\n`;
}

export function printField(field: Field): string {
  if (field === null) return "\\N";
  if (typeof field !== "string") return `${field}`;
  // Most texts hold none of them, and to see that takes a fraction of writing them anew.
  return SPECIAL.test(field)
    ? field.replaceAll(EACH_SPECIAL, (character) => ESCAPES[character] as string)
    : field;
}

/** Sends rows to a statement `copy … from stdin`. @throws what Postgres throws; none of the rows is there then. */
export async function copyIn(on: Tx, statement: string, lines: string): Promise<void> {
  const { client } = on._.session as unknown as PostgresJsSession<Sql, never, never>;
  const rows: Writable = await client.unsafe(statement).writable();
  rows.end(lines);
  await finished(rows);
}
