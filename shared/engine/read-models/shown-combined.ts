// What the rows of a key come to, as readers get it: printed when it is read, from columns.
import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { conditionsOf } from "./filters.ts";
import { readPage } from "./page.ts";
import { createRowLookup } from "./row-lookup.ts";
import type { Shown, ShownDescription } from "./shown.ts";

/** Numbers that may pass what JavaScript counts exactly are bigints, times are ISO 8601 in UTC. */
export type Combined<Sums extends PgTable> = {
  readonly [Name in keyof Sums["$inferSelect"]]: Sums["_"]["columns"][Name]["_"] extends {
    columnType: "PgBigInt53" | "PgBigInt64" | "PgNumeric";
  }
    ? bigint
    : Sums["$inferSelect"][Name];
};

interface Description<Sums extends PgTable> extends ShownDescription {
  readonly unless0: string;
  document(combined: Combined<Sums>, currency: string): string;
}

export function shownCombined<Sums extends PgTable>(definition: Sums, description: Description<Sums>): Shown {
  const { noun, schema, filters = {}, tones = {}, id = `The ${noun}'s id`, unless0 } = description;
  const { name: table } = getTableConfig(definition);
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(definition);
  const present = columns[unless0];
  if (!present) throw new Error(`The table ${table} has no column ${unless0}`);
  const conditions = conditionsOf(definition, filters);
  const asJson = `json_build_object(${Object.entries(columns).flatMap(inSql).join(", ")})::text`;
  const print = (text: string, currency: string) =>
    description.document(readBack(columns, text) as Combined<Sums>, currency);
  return {
    noun,
    schema,
    filters,
    tones,
    id,
    listsOwned: false,
    followed: false,
    versioned: false,
    lookup: ({ sql, currency }, onRead) =>
      createRowLookup(async (ids) => {
        const rows = await sql<{ id: string; deleted: boolean; document: string }[]>`
          select id, ${sql(present.name)} = 0 as deleted, ${sql.unsafe(asJson)} as document
          from ${sql(table)} where id = any(${ids}::text[])`;
        return rows.map((row) => {
          const document = print(row.document, currency);
          return { ...row, document, version: tagOf(document) };
        });
      }, onRead),
    async list({ sql, currency }, { filters: asked = {}, ...page }) {
      const listed = { table, document: () => sql`${sql.unsafe(asJson)}` };
      const alive = sql`${sql(present.name)} <> 0`;
      const found = await readPage(sql, listed, [alive, ...conditions(sql, asked)], page);
      return { ...found, documents: found.documents.map((document) => print(document, currency)) };
    },
  };
}

function inSql([key, column]: [string, PgColumn]): string[] {
  return [
    `'${key}'`,
    isTime(column)
      ? `(extract(epoch from "${column.name}") * 1000)::float8`
      : `"${column.name}"${isLarge(column) ? "::text" : ""}`,
  ];
}

function readBack(columns: Readonly<Record<string, PgColumn>>, text: string): Record<string, unknown> {
  const read: Record<string, unknown> = JSON.parse(text);
  for (const [key, column] of Object.entries(columns)) {
    const value = read[key];
    if (value === null) continue;
    if (isTime(column)) read[key] = new Date(value as number).toISOString();
    if (isLarge(column)) read[key] = BigInt(value as string);
  }
  return read;
}

function isTime(column: PgColumn): boolean {
  return column.getSQLType().startsWith("timestamp");
}

function isLarge(column: PgColumn): boolean {
  return column.getSQLType() === "bigint" || column.getSQLType().startsWith("numeric");
}

/** Numbers that an entity tag may have: two documents that differ share one once in five hundred million million times. */
const TAGS = 2n ** 49n;

/** What stands for a version where several streams have one each. */
function tagOf(document: string): number {
  return 1 + Number(Bun.hash.wyhash(document) % TAGS);
}
