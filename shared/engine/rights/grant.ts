// Makes the apps' roles and gives them what the matrix says. Safe to repeat, beside programs that run: rights are added, and
// none is taken away.
import { APPS, type App } from "@millrace/platform/apps";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { connectPostgres, hasCode, type Sql } from "@millrace/platform/postgres";
import type { RightsOf } from "./matrix.ts";
import { type Passwords, scramVerifier } from "./passwords.ts";
import { planRights, quoted, type RightsPlan } from "./plan.ts";

export interface GrantOptions {
  /** Of the schema's owner. */
  readonly databaseUrl: string;
  readonly rightsOf: RightsOf;
  readonly prefix: string;
  /** With them apps sign in as their roles themselves; without, roles are groups, for logins that others have made. */
  readonly passwords?: Passwords;
  readonly log: Pick<Log, "info" | "warn">;
}

/** An arbitrary number that all who grant agree on. */
const GRANT_LOCK = 7_405_118_023;
/** Roles are the whole server's: another database's migration may make them at the same moment, and what it locks is its own. */
const TRIES_MAX = 5;

/**
 * Answers false where this login may not: then all goes on as before, by the rights of the logins that there are.
 * @throws what Postgres says otherwise; with passwords, that this login may not, since somebody counts on them
 */
export async function grantRights(options: GrantOptions): Promise<boolean> {
  const { sql } = connectPostgres({
    url: options.databaseUrl,
    name: "grant-rights",
    connectionsMax: 1,
    answerWithinMs: 0,
  });
  try {
    const missing = await settled(sql, options);
    if (missing > 0) options.log.info({ statements: missing }, "roles and rights are as they should be");
    return true;
  } catch (error) {
    if (Object.keys(options.passwords ?? {}).length > 0 || !hasCode(error, (code) => code === INSUFFICIENT))
      throw error;
    options.log.warn(
      { cause: describe(error) },
      "this login may not make the apps' roles: they go on as who they sign in as; `bun run ops database roles --sql` prints what a DBA would run",
    );
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const INSUFFICIENT = "42501";
/** A role that somebody has just made, and a row of a catalog that somebody has just changed. */
const PASSING = new Set(["42710", "23505", "XX000"]);

async function settled(sql: Sql, options: GrantOptions): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await mend(sql, options);
    } catch (error) {
      if (tries === TRIES_MAX || !hasCode(error, (code) => PASSING.has(code))) throw error;
    }
  }
}

async function mend(sql: Sql, { rightsOf, prefix, passwords }: GrantOptions): Promise<number> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${GRANT_LOCK})`;
    const plan = await planRights(tx, { rightsOf, prefix });
    for (const statement of plan.missing) await tx.unsafe(statement);
    for (const statement of logins(plan, passwords)) await tx.unsafe(statement);
    return plan.missing.length;
  });
}

function logins({ roles }: RightsPlan, passwords: Passwords = {}): string[] {
  return APPS.flatMap((app: App) => {
    const password = passwords[app];
    return password === undefined
      ? []
      : [`alter role ${quoted(roles.of[app])} login password '${scramVerifier(password)}'`];
  });
}
