// Where access is required, a key for each role, so that a person can try them all at once.
import { hostname } from "node:os";
import { createKey, listKeys, revokeKey } from "@millrace/access/keys";
import { ROLES, type Role } from "@millrace/access/principal";
import { connectPostgres } from "@millrace/platform/postgres";
import type { shop } from "@millrace/shop/shop";

export type KeysToTry = ReadonlyMap<Role, string>;

const BY = { actor: "dev", authn: "database-login", origin: hostname() } as const;
/** Time, in ms, until the keys end: a day's work. The next start makes others. */
const EXPIRES_IN_MS = 86_400_000;

/** Every scope that a service can have in this shop, webhooks included. */
export function scopesOf({
  aggregates,
  readModels,
}: Pick<typeof shop, "aggregates" | "readModels">): string[] {
  const written = aggregates.filter(({ creation, change, removal }) => creation ?? change ?? removal);
  return [
    ...written.map(({ plural }) => `${plural}:write`),
    ...readModels.map(({ name }) => `${name}:read`),
    ...["webhooks:read", "webhooks:write"],
    "act-as",
  ];
}

/** Makes them, and ends those of earlier starts. @param scopes of the service's */
export async function makeKeysToTry(databaseUrl: string, scopes: readonly string[]): Promise<KeysToTry> {
  const { sql } = connectPostgres({ url: databaseUrl, name: "dev", connectionsMax: 1 });
  try {
    const earlier = (await listKeys(sql)).filter(
      (key) => key.createdBy === BY.actor && key.revokedAt === null,
    );
    for (const { id } of earlier) await revokeKey(sql, { id, by: BY });
    const made = new Map<Role, string>();
    for (const role of ROLES) {
      const { key } = await createKey(sql, {
        role,
        subject: role,
        scopes: role === "service" ? scopes : [],
        expiresInMs: EXPIRES_IN_MS,
        by: BY,
      });
      made.set(role, key);
    }
    return made;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
