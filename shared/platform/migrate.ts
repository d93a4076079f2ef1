// Brings the database to this checkout's schema. Safe to run from many processes at once.
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { postgresAddress } from "./postgres-address.ts";

/** An arbitrary number that every Millrace migration agrees on. */
const MIGRATION_LOCK = 7_405_118_021;

/**
 * Applies what `/migrations` holds and the database lacks, under an advisory lock.
 * @throws what Postgres says of a migration that fails; each migration is one transaction.
 */
export async function migrate(
  databaseUrl: string,
  options: { log?: (line: string) => void } = {},
): Promise<void> {
  const sql = postgres({ ...postgresAddress(databaseUrl), max: 1, max_lifetime: null, onnotice: () => {} });
  try {
    options.log?.("waiting for the migration lock");
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder: fileURLToPath(new URL("../../migrations", import.meta.url)),
    });
    options.log?.("schema is up to date");
  } finally {
    await sql.end({ timeout: 5 });
  }
}
