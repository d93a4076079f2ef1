// Every read model against a second one, made by the same projections from the event store alone: no Kafka,
// no partitions, no actors, nothing that a fault could have touched.
import { join } from "node:path";
import type { StoredEvent } from "@millrace/events/envelope";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { System } from "../system/system.ts";
import { type Findings, find } from "./finding.ts";

const BATCH_MAX = 1_000;

/** Which record a row came by: the one thing of it that does not follow from events. */
const COORDINATES = ["partition", "offset", "change"];

export async function checkRows(system: System, findings: Findings): Promise<{ rows: number }> {
  const name = `shadow_${Date.now()}`;
  await system.sql`create database ${system.sql(name)}`;
  const url = new URL(system.postgres.url);
  url.pathname = `/${name}`;
  await migrate(url.href);
  const shadow = connectPostgres({
    url: url.href,
    name: "chaos-shadow",
    connectionsMax: 2,
    answerWithinMs: 0,
  });
  try {
    let rows = 0;
    for (const model of await modelsOf(system.root)) {
      for (const { category } of model.sources) await replay(system.sql, shadow.db, model, category);
      const both = { real: system.sql, expected: shadow.sql, findings };
      rows += await compareRows(model, both);
      await compareSums(model, both);
    }
    return { rows };
  } finally {
    await shadow.sql.end({ timeout: 1 });
    await system.sql`drop database ${system.sql(name)} with (force)`;
  }
}

/** Of the code that runs: after a rollout it reads what this checkout's can't. */
async function modelsOf(root: string): Promise<readonly ReadModel[]> {
  const { shop } = await import(join(root, "shared/shop/shop.ts"));
  return shop.readModels;
}

/** The system is at rest: what is in the store is all there is, so its order of insertion will do. */
async function replay(sql: Sql, db: Database, model: ReadModel, category: string): Promise<void> {
  const cursor = sql<(Omit<StoredEvent, "metadata"> & { metadata: string })[]>`
    select stream, version, type, schema_version as "schemaVersion",
      to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metadata::text, data::text
    from events where stream like ${`${category}-%`} order by position`.cursor(BATCH_MAX);
  let offset = 0;
  for await (const rows of cursor) {
    const events = rows.map((row) => ({
      event: { ...row, metadata: JSON.parse(row.metadata) },
      partition: 0,
      offset: offset++,
    }));
    await model.apply(db, events);
  }
}

interface Comparison {
  readonly real: Sql;
  readonly expected: Sql;
  readonly findings: Findings;
}

async function compareRows(model: ReadModel, { real, expected, findings }: Comparison): Promise<number> {
  const { rows: table } = model;
  const columns = await expected<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attname <> all(${COORDINATES})`;
  const shown = columns.map(({ name }) => `"${name}"::text`).join(", ");
  const read = async (sql: Sql) => {
    const rows = await sql.unsafe<{ id: string; version: string }[]>(
      `select ${shown} from ${table} order by id`,
    );
    return new Map(rows.map((row) => [row.id, row]));
  };
  const [rows, wanted] = await Promise.all([read(real), read(expected)]);
  for (const [id, want] of wanted) {
    const row = rows.get(id);
    if (!row) find(findings, "lost", `${table} ${id} has no row`);
    else if (Number(row.version) < Number(want.version)) {
      find(findings, "lost", `${table} ${id} is at version ${row.version} of ${want.version}`);
    } else if (JSON.stringify(row) !== JSON.stringify(want)) {
      find(
        findings,
        "wrong",
        `${table} ${id} is ${JSON.stringify(row)} and should be ${JSON.stringify(want)}`,
      );
    }
  }
  for (const id of rows.keys()) if (!wanted.has(id)) find(findings, "wrong", `${table} ${id} has no stream`);
  return wanted.size;
}

const OVER_PARTITIONS = { count: "sum", sum: "sum", greatest: "max", least: "min" } as const;

/** Sums against those of the second one: a batch that took effect twice shows here even where its rows are right. */
async function compareSums({ sums }: ReadModel, { real, expected, findings }: Comparison): Promise<void> {
  if (!sums) return;
  const { table, key, columns } = sums;
  const summed = columns.map(
    ({ name, is }) => `coalesce(${OVER_PARTITIONS[is]}("${name}")::text, 'nothing')`,
  );
  // A key that all rows have left may stay with zeros, or go.
  const present = columns
    .filter(({ is }) => is === "count" || is === "sum")
    .map(({ name }) => `sum("${name}") <> 0`);
  const query = `
    select concat_ws(' ', ${key.join(", ")}) as cell, concat_ws(' ', ${summed.join(", ")}) as kept from "${table}"
    group by ${key.join(", ")} having ${present.join(" or ")}`;
  const read = async (sql: Sql) => {
    const rows = await sql.unsafe<{ cell: string; kept: string }[]>(query);
    return new Map(rows.map(({ cell, kept }) => [cell, kept]));
  };
  const [kept, wanted] = await Promise.all([read(real), read(expected)]);
  for (const cell of new Set([...kept.keys(), ...wanted.keys()])) {
    const [is, must] = [kept.get(cell) ?? "nothing", wanted.get(cell) ?? "nothing"];
    if (is !== must) find(findings, "twice", `${table} of ${cell} says ${is}, and should say ${must}`);
  }
}
