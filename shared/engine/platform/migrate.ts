// Brings the database to this checkout's schema. Safe to run from many processes at once.
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { Failure } from "./failure.ts";
import { postgresAddress } from "./postgres-address.ts";

/** An arbitrary number that every Millrace migration agrees on. */
const MIGRATION_LOCK = 7_405_118_021;
/** Time a new connection may take, as of a process' own. */
const CONNECT_TIMEOUT_SECONDS = 5;

/**
 * Applies what `/migrations` holds and the database lacks, under an advisory lock.
 * @throws Failure `database_not_utf8`
 * @throws what Postgres says of a migration that fails; each migration is one transaction.
 */
export async function migrate(
  databaseUrl: string,
  options: { log?: (line: string) => void } = {},
): Promise<void> {
  const sql = postgres({
    ...postgresAddress(databaseUrl),
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    max_lifetime: null,
    onnotice: () => {},
  });
  try {
    await requireUtf8(sql);
    options.log?.("waiting for the migration lock");
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder: fileURLToPath(new URL("../../../migrations", import.meta.url)),
    });
    options.log?.("schema is up to date");
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Before anything is stored: later it would be the first order in Chinese that fails. */
async function requireUtf8(sql: postgres.Sql): Promise<void> {
  const [row] = await sql`
    select current_database() as database, current_setting('server_encoding') as encoding`;
  if (row?.encoding === "UTF8") return;
  const message = `the database "${row?.database}" keeps text as ${row?.encoding}, which can't hold every text; make one that can: create database millrace encoding 'UTF8' template template0`;
  throw new Failure("database_not_utf8", message, false);
}
