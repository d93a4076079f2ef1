// Every read model against a second one, made by the same projections from the event store alone: no Kafka,
// no partitions, no actors, nothing that a fault could have touched.
import { join } from "node:path";
import type { StoredEvent } from "@millrace/events/envelope";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import type { Projection } from "@millrace/read-models/read-model";
import type { System } from "../system/system.ts";
import { type Findings, find } from "./finding.ts";

const BATCH_MAX = 1_000;

/** What a reader can see of each table, under the key that its rows are told apart by. */
const TABLES = {
  orders: `id, version, status, payment, customer, amount::text, currency, created_at::text, updated_at::text,
    deleted, document`,
  payments: "id, version, status, amount::text, created_at::text, updated_at::text, document",
  users: "id, version, created_at::text, updated_at::text, deleted, document",
} as const;

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
    for (const projection of await projectionsOf(system.root)) {
      await replay(system.sql, shadow.db, projection);
    }
    let rows = 0;
    for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
      rows += await compareTable(table, { real: system.sql, expected: shadow.sql, findings });
    }
    await compareStats(system.sql, findings);
    return { rows };
  } finally {
    await shadow.sql.end({ timeout: 1 });
    await system.sql`drop database ${system.sql(name)} with (force)`;
  }
}

/** Of the code that runs: after a rollout it reads what this checkout's can't. */
async function projectionsOf(root: string): Promise<Projection[]> {
  const of = async (model: string): Promise<Record<string, Projection>> =>
    await import(join(root, `shared/engine/read-models/${model}/projection.ts`));
  const [orders, payments, users] = await Promise.all([of("orders"), of("payments"), of("users")]);
  return [orders?.ordersProjection, payments?.paymentsProjection, users?.usersProjection].map(
    (projection) => {
      if (!projection) throw new Error(`${root} lacks a projection`);
      return projection;
    },
  );
}

/** The system is at rest: what is in the store is all there is, so its order of insertion will do. */
async function replay(
  sql: Sql,
  db: Parameters<Projection["apply"]>[0],
  projection: Projection,
): Promise<void> {
  const category = projection.topic.replace(/-events$/, "");
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
    await projection.apply(db, events);
  }
}

interface Comparison {
  readonly real: Sql;
  readonly expected: Sql;
  readonly findings: Findings;
}

async function compareTable(
  table: keyof typeof TABLES,
  { real, expected, findings }: Comparison,
): Promise<number> {
  const read = async (sql: Sql) => {
    const rows = await sql.unsafe<{ id: string; version: number }[]>(
      `select ${TABLES[table]} from ${table} order by id`,
    );
    return new Map(rows.map((row) => [row.id, row]));
  };
  const [rows, wanted] = await Promise.all([read(real), read(expected)]);
  for (const [id, want] of wanted) {
    const row = rows.get(id);
    if (!row) find(findings, "lost", `${table} ${id} has no row`);
    else if (row.version < want.version) {
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

/** The counters against a count: a batch that took effect twice shows here even where its rows are right. */
async function compareStats(sql: Sql, findings: Findings): Promise<void> {
  const different = await sql<{ cell: string; kept: string; counted: string }[]>`
    with kept as (
      select status, payment, sum(orders) as orders, sum(amount) as amount from order_stats group by 1, 2
    ), counted as (
      select status, payment, count(*)::numeric as orders, sum(amount) as amount
      from orders where not deleted group by 1, 2
    )
    select status || ' ' || payment as cell,
      coalesce(kept.orders, 0) || ' for ' || coalesce(kept.amount, 0) as kept,
      coalesce(counted.orders, 0) || ' for ' || coalesce(counted.amount, 0) as counted
    from kept full join counted using (status, payment)
    where coalesce(kept.orders, 0) <> coalesce(counted.orders, 0)
      or coalesce(kept.amount, 0) <> coalesce(counted.amount, 0)`;
  for (const { cell, kept, counted } of different) {
    find(findings, "twice", `stats of ${cell} say ${kept}, counted ${counted}`);
  }
}
