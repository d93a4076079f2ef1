// What each app may do in Postgres and what not, by trying all of it as each of them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { APPS, type App } from "@millrace/platform/apps";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { asRole, databaseRoles } from "@millrace/rights/database-roles";
import { grantRights } from "@millrace/rights/grant";
import { rightsMatrix } from "@millrace/rights/matrix";
import { randomPasswords } from "@millrace/rights/passwords";
import { planRights } from "@millrace/rights/plan";
import { shop } from "@millrace/shop/shop";
import { lastPosition } from "@millrace/store/position";
import { createSnapshots, snapshotsOf } from "@millrace/store/snapshots";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";

const log = createLog("database-roles-test", "silent");
const matrix = rightsMatrix(shop);
const passwords = randomPasswords();
const prefix = `test_${crypto.randomUUID().slice(0, 8)}_`;
const roles = databaseRoles(prefix);

let owner: Sql;
let as: Record<App, Sql>;
let databaseUrl: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  ({ drop, url: databaseUrl } = database);
  owner = connectPostgres({ url: databaseUrl, name: "database-roles-test", connectionsMax: 1 }).sql;
  await grantRights({ databaseUrl, rightsOf: shop, prefix, passwords, log });
  as = Object.fromEntries(APPS.map((app) => [app, signIn(app)])) as Record<App, Sql>;
});

afterAll(async () => {
  await Promise.all(APPS.map((app) => as[app].end({ timeout: 1 })));
  await owner.end({ timeout: 1 });
  await drop();
  const admin = connectPostgres({
    url: (await testStack()).databaseUrl,
    name: "database-roles-test",
    connectionsMax: 1,
  }).sql;
  for (const role of [...Object.values(roles.of), roles.readModels]) await admin`drop role ${admin(role)}`;
  await admin.end({ timeout: 1 });
});

function signIn(app: App): Sql {
  const url = asRole(databaseUrl, { role: roles.of[app], password: passwords[app] });
  return connectPostgres({ url, name: `database-roles-test ${app}`, connectionsMax: 1 }).sql;
}

const OPERATIONS = ["select", "insert", "update", "delete", "truncate"] as const;
type Operation = (typeof OPERATIONS)[number];

/** Each touches no row: what is asked is whether Postgres lets it. */
function statementOf(operation: Operation, table: string, column: string): string {
  const statements: Record<Operation, string> = {
    select: `select from public.${table} where false`,
    insert: `insert into public.${table} (${column}) select null where false`,
    update: `update public.${table} set ${column} = default where false`,
    delete: `delete from public.${table} where false`,
    truncate: `truncate public.${table}`,
  };
  return statements[operation];
}

/** What was let, and taken back. */
async function lets(sql: Sql, statement: string): Promise<boolean> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(statement);
      throw new TakenBack();
    });
  } catch (error) {
    if (error instanceof TakenBack) return true;
    if (error instanceof Error && "code" in error && error.code === "42501") return false;
    throw new Error(statement, { cause: error });
  }
  throw new Error("a transaction was committed that should have been taken back");
}

class TakenBack extends Error {}

async function columns(): Promise<Map<string, string>> {
  const rows = await owner<{ table: string; column: string }[]>`
    select distinct on (relname) relname as table, quote_ident(attname) as column
    from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attidentity = '' and attgenerated = ''
    order by relname, attnum`;
  return new Map(rows.map(({ table, column }) => [table, column]));
}

/** Whom a right to read a model's table comes to by its owner: all of an owner's. */
function expected(app: App, row: (typeof matrix)[number], operation: Operation): boolean {
  const owns = row.isReadModel && (app === "console" || app === "ops");
  return owns || row.rights[app].some((right) => right === operation);
}

describe("the matrix", () => {
  test("names every table that the migrations make, and none that they don't", async () => {
    expect(matrix.map(({ table }) => table).sort()).toEqual([...(await columns()).keys()].sort());
    expect((await planRights(owner, { rightsOf: shop, prefix })).unknown).toEqual([]);
  });

  test("lets no app change or remove an event, or an entry of the trail", () => {
    const kept = matrix.filter(({ table }) => table === "events" || table === "trail");
    expect(kept).toHaveLength(2);
    const rights = kept.flatMap((row) => APPS.flatMap((app) => row.rights[app]));
    expect([...new Set(rights)].sort()).toEqual(["insert", "select"]);
  });
});

// Seen to fail: with no right to update, each snapshot was refused, and a line in a log was all that said so.
test.each(["command-api", "processes"] as const)("%s writes snapshots, over older ones too", async (app) => {
  const refused: string[] = [];
  const snapshots = createSnapshots(as[app], {
    ...log,
    warn: (...said: unknown[]) => refused.push(String(said)),
  });
  const stream = `snapshot-of-${app}`;
  for (const version of [1, 2]) {
    await eventually(async () => {
      snapshots.keep({ stream, fingerprint: "a", version, at: "2026-01-01T00:00:00.000Z", state: "{}" });
      expect(refused).toEqual([]);
      expect((await snapshotsOf(owner, [stream])).map((one) => one.version)).toEqual([version]);
    });
  }
});

describe.each(APPS)("%s", (app) => {
  test("may do with each table what the matrix says, and nothing else", async () => {
    const columnOf = await columns();
    const wrong: string[] = [];
    for (const row of matrix) {
      for (const operation of OPERATIONS) {
        const statement = statementOf(operation, row.table, columnOf.get(row.table) ?? "");
        const isLet = await lets(as[app], statement);
        if (isLet !== expected(app, row, operation)) wrong.push(`${statement}: ${isLet ? "let" : "refused"}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("reads how far the events have come", async () => {
    const mark = `mark-${app}`;
    await owner`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      values (${mark}, 1, 'Kept', 1, now(), '{}', '{}')`;
    const [row] = await owner<{ position: string }[]>`select position from events where stream = ${mark}`;
    expect(await lastPosition(as[app])).toBe(Number(row?.position));
  });

  test("may neither change nor remove an event, nor put anything under names that others find", async () => {
    for (const statement of [
      "update public.events set data = data",
      "delete from public.events",
      "truncate public.events",
      "alter table public.events add column more text",
      "alter table public.events disable trigger all",
      "drop table public.events",
      "create table public.more (one integer)",
      "create function public.more() returns integer language sql return 1",
      "create schema more",
      "create role more",
    ]) {
      expect({ statement, isLet: await lets(as[app], statement) }).toEqual({ statement, isLet: false });
    }
  });

  test("may not take on what the schema's owner may do, nor another app", async () => {
    const [{ me } = { me: "" }] = await owner<{ me: string }[]>`select current_user as me`;
    for (const role of [me, ...APPS.filter((other) => other !== app).map((other) => roles.of[other])]) {
      expect({ role, isLet: await lets(as[app], `set local role "${role}"`) }).toEqual({
        role,
        isLet: false,
      });
    }
  });
});

describe("what runs as the schema's owner", () => {
  test("takes back only what the same transaction has appended", async () => {
    await as["command-api"].unsafe(`
      insert into public.events (stream, version, type, schema_version, at, metadata, data)
      values ('kept-1', 1, 'Kept', 1, now(), '{}', '{}')`);
    await as["query-api"]`select take_back_events(array['kept-1'], array[1])`;
    expect(await owner`select version from events where stream = 'kept-1'`).toHaveLength(1);
  });

  test("lets an app that may not delete events lose an append, and leaves none of it", async () => {
    const append = `select append_batch(
      2, null, array[0, 1], array[0, 0], E'fresh-1\\nlost-1', array[1, 1], E'Kept\\nKept', array[1, 1]::smallint[],
      now() || E'\\n' || now(), E'{}\\n{}', E'{}\\n{}', array[]::smallint[], array[]::integer[], '') as outcomes`;
    await owner`
      insert into events (stream, version, type, schema_version, at, metadata, data)
      values ('lost-1', 1, 'Kept', 1, now(), '{}', '{}')`;
    for (const app of ["command-api", "processes"] as const) {
      const [row] = await as[app].unsafe<{ outcomes: number[] }[]>(append);
      expect({ app, outcomes: row?.outcomes }).toEqual({ app, outcomes: [0, 1] });
    }
    expect(await owner`select from events where stream = 'fresh-1'`).toHaveLength(0);
  });

  test("moves read models for those who rebuild, and no other table", async () => {
    const [model] = shop.readModels;
    const move = (table: string) => `select move_read_model_table('${table}', 'public', 'previous')`;
    for (const app of APPS) {
      const isLet = await lets(as[app], move(model?.rows ?? ""));
      expect({ app, isLet }).toEqual({ app, isLet: app === "console" || app === "ops" });
      expect(await lets(as[app], move("events"))).toBe(false);
      expect(await lets(as[app], move("api_keys"))).toBe(false);
    }
  });

  test("shows the relay every app's sessions, and lets it end none that takes its notifications", async () => {
    await as["query-api"]`select 1`;
    const seen = await as.relay<{ pid: number; name: string; state: string | null }[]>`
      select pid, name, state from our_sessions()`;
    const reader = seen.find(({ name }) => name === "database-roles-test query-api");
    expect(reader?.state).toBe("idle");
    const [end] = await as.relay`select end_blocked_session(${reader?.pid ?? 0}) as ended`;
    expect(end?.ended).toBe(false);
    for (const app of APPS.filter((other) => other !== "relay")) {
      expect(await lets(as[app], `select end_blocked_session(${reader?.pid})`)).toBe(false);
    }
  });
});

describe("granting", () => {
  // As a managed Postgres has it: no superuser anywhere.
  test("takes a login that owns the database and may make roles, and no more", async () => {
    const migrator = `${prefix}migrator`;
    const other = `${prefix}other_`;
    const name = `${prefix}managed`;
    const server = connectPostgres({ url: databaseUrl, name: "database-roles-test", connectionsMax: 1 }).sql;
    await server.unsafe(`create role "${migrator}" login createrole password 'migrator'`);
    await server.unsafe(`create database "${name}" owner "${migrator}"`);
    const url = new URL(asRole(databaseUrl, { role: migrator, password: "migrator" }));
    url.pathname = `/${name}`;
    const options = { databaseUrl: url.href, rightsOf: shop, prefix: other, passwords, log };
    try {
      await migrate(url.href);
      expect(await grantRights(options)).toBe(true);
      expect(await grantRights(options)).toBe(true);
      const ours = databaseRoles(other);
      const sqlAs = (role: string, password: string) =>
        connectPostgres({ url: asRole(url.href, { role, password }), name: role, connectionsMax: 1 }).sql;
      const managed = sqlAs(migrator, "migrator");
      expect((await planRights(managed, { rightsOf: shop, prefix: other })).missing).toEqual([]);
      const relay = sqlAs(ours.of.relay, passwords.relay);
      const sessions = await relay<{ name: string; state: string }[]>`select name, state from our_sessions()`;
      expect(sessions.find(({ name: each }) => each === migrator)?.state).toBe("idle");
      const ops = sqlAs(ours.of.ops, passwords.ops);
      for (const model of shop.readModels) {
        await ops.unsafe(
          `create table next."${model.rows}" (like public."${model.rows}" including defaults)`,
        );
        await ops.unsafe(`alter table next."${model.rows}" owner to "${ours.readModels}"`);
        await ops`select move_read_model_table(${model.rows}, 'public', 'previous')`;
        await ops`select move_read_model_table(${model.rows}, 'next', 'public')`;
      }
      // A later migration changes what the read models' role owns by now.
      await managed.unsafe(`alter table public."${shop.readModels[0]?.rows}" add column more text`);
      await Promise.all([managed, relay, ops].map((each) => each.end({ timeout: 1 })));
    } finally {
      await server.unsafe(`drop database if exists "${name}" with (force)`);
      const made = databaseRoles(other);
      for (const role of [...Object.values(made.of), made.readModels, migrator])
        await server.unsafe(`drop role if exists "${role}"`);
      await server.end({ timeout: 1 });
    }
  });

  test("is done once, and what is given beyond the matrix is named and left", async () => {
    const plan = () => planRights(owner, { rightsOf: shop, prefix });
    expect(await plan()).toMatchObject({ missing: [], surplus: [] });
    await owner.unsafe(`grant delete on events to "${roles.of.relay}"`);
    await owner.unsafe(`revoke select on outbox from "${roles.of.relay}"`);
    expect(await plan()).toMatchObject({
      missing: [`grant select on public."outbox" to "${roles.of.relay}"`],
      surplus: [`revoke delete on public."events" from "${roles.of.relay}"`],
    });
    await grantRights({ databaseUrl, rightsOf: shop, prefix, log });
    const mended = await plan();
    expect(mended.missing).toEqual([]);
    for (const statement of mended.surplus) await owner.unsafe(statement);
    expect(await plan()).toMatchObject({ missing: [], surplus: [] });
  });

  test("by a login that may not is no failure, unless passwords were to be set", async () => {
    const options = { rightsOf: shop, prefix: `${prefix}other_`, log };
    const url = asRole(databaseUrl, { role: roles.of.ops, password: passwords.ops });
    expect(await grantRights({ ...options, databaseUrl: url })).toBe(false);
    await expect(grantRights({ ...options, databaseUrl: url, passwords })).rejects.toThrow(
      "permission denied",
    );
  });
});
