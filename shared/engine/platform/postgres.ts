// Connections to Postgres, and what its errors mean.
import { drizzle, type PostgresJsDatabase, type PostgresJsSession } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { backoffMs } from "./backoff.ts";
import { describe, Failure } from "./failure.ts";
import { postgresAddress } from "./postgres-address.ts";

export type Sql = postgres.Sql;
/** A transaction of `sql.begin`. */
export type SqlTx = postgres.TransactionSql;
/** Either of the two: where a statement goes that may stand alone or in a transaction. */
export type Statements = postgres.ISql;
export type Database = PostgresJsDatabase;
/** A Drizzle transaction, or the database itself where a single statement is enough. */
export type Tx = Pick<
  Database,
  "_" | "execute" | "select" | "selectDistinct" | "insert" | "update" | "delete"
>;

export interface PostgresOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Most connections of this pool. */
  readonly connectionsMax: number;
  /** Longest silence in which an answer is owed; 0 where statements may take what they take, as in tools. */
  readonly answerWithinMs?: number;
  /** Of each session, as SET takes them. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Time a new connection may take; a server that is away is reported rather than waited for. */
const CONNECT_TIMEOUT_SECONDS = 5;
/**
 * Rests, in ms, between tries of one connection. The driver's own grow to 20 seconds, in which callers hang though
 * Postgres has long been back.
 */
const RECONNECT = { firstMs: 2, mostMs: 250 };
/**
 * A connection that is half open looks like a slow statement for ever. Ours take milliseconds; a disk that hangs
 * for longer than this is an outage as well.
 */
const ANSWER_WITHIN_MS = 15_000;
/**
 * Our transactions never wait for us, unless we are frozen: then Postgres ends the session, or its locks would
 * hold up the process that has taken over.
 */
const IDLE_IN_TRANSACTION_MS = 10_000;

/**
 * For sessions whose statements come again and again in all sizes. By itself Postgres plans anew each time what is
 * cheaper for one row than for ten: an append of one command, a look at the outbox, a lookup of one order. That takes as
 * long as the rest of it, and of a lookup eight times as long.
 */
export const PLANNED_ONCE = { plan_cache_mode: "force_generic_plan" };

/**
 * For sessions that look rows up and never read a table through. Of a table that was vacuumed while it was empty, or
 * that has grown since without being analyzed, Postgres believes that to read all of it costs less than its index: a
 * hundred thousand events for fifty streams, or fifty megabytes of what the outbox held, twice a round.
 */
export const BY_INDEX = { enable_seqscan: "off" };

/**
 * One pool, raw and through Drizzle. Drizzle takes over the pool's parsers: timestamps come back as Postgres'
 * own text in both.
 */
export function connectPostgres(options: PostgresOptions): { sql: Sql; db: Database } {
  const address = postgresAddress(options.url);
  const sql = postgres({
    ...address,
    max: options.connectionsMax,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // The driver would give a session up after half an hour or more, and with it what it holds by advisory locks.
    max_lifetime: null,
    backoff: (failures: number) => backoffMs(failures, RECONNECT) / 1_000,
    answer_timeout: (options.answerWithinMs ?? ANSWER_WITHIN_MS) / 1_000,
    connection: {
      ...address.connection,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      ...options.settings,
      application_name: options.name,
    },
    onnotice: () => {},
  });
  return { sql, db: drizzle(preparing(sql)) };
}

/**
 * The same connections, with every statement prepared. Drizzle asks for statements without a name: each is described
 * before it is run, a round trip of its own, and planned anew. Ours are few texts that come again and again.
 */
function preparing<Client extends Sql>(client: Client): Client {
  const inside = (scope: "begin" | "savepoint") => (run: (tx: Sql) => unknown) =>
    (client[scope as "begin"] as unknown as (run: (tx: Sql) => unknown) => unknown)((tx) =>
      run(preparing(tx)),
    );
  const own: Record<PropertyKey, unknown> = {
    unsafe: (text: string, values: never[], options: object) =>
      client.unsafe(text, values, { ...options, prepare: true }),
    begin: inside("begin"),
    savepoint: inside("savepoint"),
  };
  return new Proxy(client, { get: (target, name) => own[name] ?? Reflect.get(target, name) });
}

/** The driver's connection or transaction under Drizzle's: for what Drizzle has no words for, or takes too long for. */
export function driverUnder(on: Tx): Sql {
  return (on._.session as unknown as PostgresJsSession<Sql, never, never>).client;
}

/** What the driver and the network say of a server that is away, or of the way to it. */
const NO_ANSWER =
  /^(CONNECTION_|CONNECT_TIMEOUT|ANSWER_TIMEOUT|ERR_(POSTGRES|TLS|SSL|SOCKET)_|E(CONN|NET|HOST)|EPIPE|SSL_NOT_OFFERED|ENOENT|ENOTFOUND|EAI_|ETIMEDOUT|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/**
 * SQLSTATEs that say nothing about the statement or its values, so that the same may go through later. By class:
 * 08 connection, 28 sign-in (a password that is being changed), 53 disk, memory or connections used up, 57 cancelled,
 * shut down or starting, 58 input and output. Alone: 25006 read-only, 25P03 and 25P04 a transaction that took too long
 * because this process was frozen, 3D000 no such database, 55P03 a lock that was not to be had. And, since the texts of
 * our statements are fixed, what only a missing migration or grant explains: 3F000, 42501, 42703, 42883, 42P01.
 */
const PASSING = /^(?:(?:08|28|53|57|58)...|25006|25P03|25P04|3D000|55P03|3F000|42501|42703|42883|42P01)$/;

/** Whether Postgres, or the way to it, is what failed: never the fault of the command or the record. */
export function isPostgresAway(error: unknown): boolean {
  return hasCode(error, (code) => NO_ANSWER.test(code) || PASSING.test(code));
}

/** Lost races inside Postgres that a second try settles: deadlock, serialization failure. */
export function isPostgresRace(error: unknown): boolean {
  return hasCode(error, (code) => code === "40P01" || code === "40001");
}

/** SQLSTATE of a row whose key is there already. */
export const UNIQUE_VIOLATION = "23505";

/** Whether the error, or one that it was caused by, has such a code: SQLSTATE, or the driver's own. */
export function hasCode(error: unknown, isSuch: (code: string) => boolean): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && isSuch(String(current.code))) return true;
  }
  return false;
}

/** Wraps what Postgres threw, so that callers see one retryable code for all that passes. */
export function postgresFailure(attempted: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const passes = isPostgresAway(error) || isPostgresRace(error);
  return new Failure(
    passes ? "postgres_unavailable" : "postgres_failed",
    `${attempted}: ${describe(error)}`,
    passes,
    { cause: error },
  );
}
