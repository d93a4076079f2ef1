// What apps sign in to Postgres as: each in its own role, as where it is deployed, so that a right that it lacks is missed
// here first.
import { APPS, ownVariable } from "@millrace/platform/apps";
import { asRole, databaseRoles } from "@millrace/rights/database-roles";
import { grantRights } from "@millrace/rights/grant";
import { randomPasswords } from "@millrace/rights/passwords";
import { shop } from "@millrace/shop/shop";
import type { Service } from "./infrastructure.ts";
import type { Settings } from "./settings.ts";

export interface Logins {
  /** The DATABASE_URL of each app, under its own variable. */
  readonly variables: Readonly<Record<string, string>>;
  /** That of `bun run ops`, by a way that works from everywhere. */
  readonly ops: string;
}

/** Passwords are of this start alone, and kept by its processes. */
export async function makeLogins(
  { address, near = address }: Pick<Service, "address" | "near">,
  { config }: Pick<Settings, "config">,
  say: (line: string) => void,
): Promise<Logins> {
  const passwords = randomPasswords();
  const prefix = config.DATABASE_ROLE_PREFIX;
  const log = { info: () => {}, warn: () => {} };
  await grantRights({ databaseUrl: near, rightsOf: shop, prefix, passwords, log });
  say("each app has its role in the database");
  const roles = databaseRoles(prefix);
  const urlOf = (app: (typeof APPS)[number], through: string) =>
    asRole(through, { role: roles.of[app], password: passwords[app] });
  return {
    variables: Object.fromEntries(APPS.map((app) => [ownVariable(app, "DATABASE_URL"), urlOf(app, near)])),
    ops: urlOf("ops", address),
  };
}
