// Of the environment, what says which roles of Postgres the apps have, and which principals of Kafka.
import * as v from "valibot";
import { APPS, type App } from "./apps.ts";
import { text } from "./config-fields.ts";

export const roleSettings = {
  /**
   * Stands before the names of the apps' roles in Postgres, which are the whole server's: a second installation on it
   * takes another.
   */
  DATABASE_ROLE_PREFIX: v.pipe(
    text("millrace_"),
    // Postgres keeps 63 bytes of a name; the longest after it has some dozen.
    v.regex(
      /^[a-z_][a-z0-9_]{0,39}$/,
      "expected up to 40 small letters, digits and underscores, no digit first",
    ),
  ),
  /**
   * By which `migrate` lets apps sign in as their roles: app=password, separated by commas. A password may hold anything
   * but a comma, and spaces at its ends. Without, the roles are groups for logins that others make.
   */
  DATABASE_ROLE_PASSWORDS: v.pipe(
    v.optional(v.string(), ""),
    v.transform((said) =>
      said.split(",").flatMap((pair) => (pair.trim() === "" ? [] : [parted(pair.trim())])),
    ),
    v.check(
      (pairs) => pairs.every(([app, password]) => isApp(app) && password !== ""),
      `expected app=password, separated by commas, of ${APPS.join(", ")}`,
    ),
    v.transform((pairs) => Object.fromEntries(pairs) as Partial<Record<App, string>>),
  ),
  /**
   * Who the apps are to Kafka's authorizer, {app} for the app's name: User:millrace-{app}, or what their certificates say.
   * Where it is set, `migrate` makes their ACLs: the first ACL on a topic shuts out every principal without one.
   */
  KAFKA_PRINCIPALS: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^User:.*\{app\}/, "expected User: and a name with {app} in it, such as User:millrace-{app}"),
    ),
  ),
};

function parted(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

function isApp(name: string): boolean {
  return APPS.some((app) => app === name);
}
