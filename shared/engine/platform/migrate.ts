// Brings the database to this checkout's schema: the numbered migrations that it lacks, then the functions, each of which
// has one source file that says what it is now. Safe to run from many processes at once.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { Failure } from "./failure.ts";
import { postgresAddress } from "./postgres-address.ts";

/** An arbitrary number that every Millrace migration agrees on. */
const MIGRATION_LOCK = 7_405_118_021;
/** Time a new connection may take, as of a process' own. */
const CONNECT_TIMEOUT_SECONDS = 5;

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));
const FUNCTIONS = join(MIGRATIONS, "functions");

/**
 * Applies what `/migrations` holds and the database lacks, under an advisory lock.
 * @throws Failure `database_not_utf8`, `database_too_old`
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
    await adoptSquashed(sql);
    await applyMigrations(drizzle(sql), { migrationsFolder: MIGRATIONS });
    await sql.begin((tx) => Promise.all(functionSources().map((source) => tx.unsafe(source))));
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

/** In order of name: what calls another may stand before it, since bodies are looked at when they first run. */
function functionSources(): string[] {
  return readdirSync(FUNCTIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => readFileSync(join(FUNCTIONS, name), "utf8"));
}

/** When the last of the migrations was made that became one, 0000_schema; as drizzle keeps it, ms. */
const LAST_SQUASHED_MS = 1_795_787_711_987;
/** The last commit that holds them. */
const LAST_SQUASHED_COMMIT = "30a110f";

/**
 * A database with all migrations from before they became one has that one's schema already, but for its functions.
 * @throws Failure `database_too_old` for a database that has only some of them
 */
async function adoptSquashed(sql: postgres.Sql): Promise<void> {
  const [known] = await sql`select to_regclass('drizzle.__drizzle_migrations') as applied`;
  if (!known?.applied) return;
  const [last] = await sql`
    select current_database() as database, max(created_at)::float8 as ms from drizzle.__drizzle_migrations`;
  if (!last || last.ms === null || last.ms > LAST_SQUASHED_MS) return;
  if (last.ms < LAST_SQUASHED_MS) {
    const message = `the database "${last.database}" has a schema from before Millrace's migrations were made one. Bring it to the last of those first: check out ${LAST_SQUASHED_COMMIT}, run bun apps/migrate/main.ts there, and come back. For data that is not needed any more, start over: bun run dev --fresh`;
    throw new Failure("database_too_old", message, false);
  }
  const [squashed] = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  if (!squashed) throw new Error(`${MIGRATIONS} holds no migration`);
  await sql.begin(async (tx) => {
    await tx`drop routine if exists append_batch_and_tell, append_batch_of_new_streams, append_batch`;
    await tx`
      insert into drizzle.__drizzle_migrations (hash, created_at) values (${squashed.hash}, ${squashed.folderMillis})`;
  });
}
