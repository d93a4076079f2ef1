// The roles of Postgres that apps work under. They are the whole server's, so a second installation on it has a prefix of
// its own (DATABASE_ROLE_PREFIX).
import { APPS, type App } from "@millrace/platform/apps";

export interface DatabaseRoles {
  readonly of: Readonly<Record<App, string>>;
  /** Owns the tables of the read models, and their copies; those who rebuild are its members. */
  readonly readModels: string;
}

export function databaseRoles(prefix: string): DatabaseRoles {
  const of = Object.fromEntries(APPS.map((app) => [app, `${prefix}${app.replaceAll("-", "_")}`]));
  return { of: of as DatabaseRoles["of"], readModels: `${prefix}read_models` };
}

/** The same database, signed in to by another role. */
export function asRole(databaseUrl: string, { role, password }: { role: string; password: string }): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
