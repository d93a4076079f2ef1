// Connections to Postgres, and what its errors mean.
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { describe, Failure } from "./failure.ts";

export type Sql = postgres.Sql;
export type Database = PostgresJsDatabase;

export interface PostgresOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Most connections of this pool. */
  readonly connectionsMax: number;
}

/** Time a new connection may take; a server that is away is reported rather than waited for. */
const CONNECT_TIMEOUT_SECONDS = 5;

/**
 * One pool, raw and through Drizzle. Drizzle takes over the pool's parsers: timestamps come back as Postgres'
 * own text in both.
 */
export function connectPostgres(options: PostgresOptions): { sql: Sql; db: Database } {
  const sql = postgres(options.url, {
    max: options.connectionsMax,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: { application_name: options.name },
    onnotice: () => {},
  });
  return { sql, db: drizzle(sql) };
}

/** Errors that say nothing about the statement: the server or the way to it was away. */
const AWAY = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

export function isPostgresAway(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = "code" in current ? String(current.code) : "";
    if (AWAY.has(code) || code.startsWith("08") || /^ERR_POSTGRES_CONNECTION/.test(code)) return true;
  }
  return false;
}

/** Lost races inside Postgres that a second try settles: deadlock, serialization failure. */
export function isPostgresRace(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && (current.code === "40P01" || current.code === "40001")) return true;
  }
  return false;
}

/** Wraps what Postgres threw, so that callers see one retryable code while it is away. */
export function postgresFailure(attempted: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const away = isPostgresAway(error);
  return new Failure(
    away ? "postgres_unavailable" : "postgres_failed",
    `${attempted}: ${describe(error)}`,
    away || isPostgresRace(error),
    { cause: error },
  );
}
