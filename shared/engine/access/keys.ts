// API keys: made, listed and revoked. Must never store, log or print a secret a second time.
import { Failure } from "@millrace/platform/failure";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { inTrail, recordAct } from "@millrace/trail/record";
import { makeKey } from "./api-key.ts";
import { isScope } from "./may.ts";
import { isRole, isSubject, type Role } from "./principal.ts";

export interface KeyWish {
  /** What a form gave the key beforehand, so that the form makes one key however often it is sent. */
  readonly id?: string | undefined;
  readonly role: Role;
  /** Whose it is. */
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Milliseconds from now. */
  readonly expiresInMs: number;
  /** Who made it. */
  readonly by: Doer;
}

/** As it may be shown. */
export interface ListedKey {
  readonly id: string;
  readonly role: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** ISO 8601, UTC, as all times here. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
}

/** Longest life of a key, in days: what nobody renews in a year is nobody's any more. */
export const KEY_DAYS_MAX = 366;
const DAY_MS = 86_400_000;

/** Answers the key itself, this once. @throws Failure `key_invalid` for a wish that makes no sense, or a key that is there */
export async function createKey(sql: Sql, wish: KeyWish): Promise<{ id: string; key: string }> {
  const refusal = refusalOf(wish);
  if (refusal) throw new Failure("key_invalid", refusal, false);
  const { id, key, hash } = makeKey(wish.id);
  const { role, subject, scopes, expiresInMs, by } = wish;
  await attempt(
    "making a key",
    sql.begin(async (tx) => {
      const made = await tx`
        insert into api_keys (id, hash, role, subject, scopes, created_by, expires_at)
        values (${id}, ${hash}, ${role}, ${subject}, ${scopes as string[]}::text[], ${by.actor},
          now() + make_interval(secs => ${expiresInMs / 1000}))
        on conflict (id) do nothing`;
      if (made.count === 0) throw new Failure("key_invalid", `key ${id} is there already`, false);
      const details = { role, subject, scopes, expiresInMs };
      await recordAct(tx, by, { name: "key.create", target: id, details });
    }),
  );
  return { id, key };
}

function refusalOf({ role, subject, scopes, expiresInMs }: KeyWish): string | undefined {
  if (!isRole(role)) return `there is no role ${role}`;
  if (!isSubject(subject)) return "a name is 1 to 128 characters of ASCII, without spaces";
  if (role === "service" && scopes.length === 0)
    return "a service may do what its scopes say: name one, such as things:write";
  if (role !== "service" && scopes.length > 0)
    return `scopes are for services: what a ${role} may do is fixed`;
  const strange = scopes.find((scope) => !isScope(scope));
  if (strange !== undefined)
    return `${strange} is no scope: expected act-as, or one such as things:read or things:write`;
  if (!(expiresInMs > 0 && expiresInMs <= KEY_DAYS_MAX * DAY_MS))
    return `a key lives for at most ${KEY_DAYS_MAX} days`;
  return undefined;
}

/** How long a key is to live, from a time such as 90d, 12h or 30m; undefined for what is none. */
export function lifeMs(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  return number && unit ? Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS] : undefined;
}

const UNITS_MS = { d: DAY_MS, h: 3_600_000, m: 60_000 } as const;

/** The newest first; all of them without `most`. */
export function listKeys(sql: Sql, most?: number): Promise<readonly ListedKey[]> {
  const at = (column: string) =>
    sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
  return attempt(
    "listing keys",
    sql<ListedKey[]>`
      select id, role, subject, scopes, ${at("created_at")} as "createdAt", created_by as "createdBy",
        ${at("expires_at")} as "expiresAt", ${at("revoked_at")} as "revokedAt", revoked_by as "revokedBy"
      from api_keys order by created_at desc, id limit ${most ?? null}::int`,
  );
}

/** Answers whether there was such a key that still worked. */
export async function revokeKey(sql: Sql, { id, by }: { id: string; by: Doer }): Promise<boolean> {
  return attempt(
    "revoking a key",
    inTrail(
      sql,
      { by, act: { name: "key.revoke", target: id } },
      (tx) => tx`
        update api_keys set revoked_at = now(), revoked_by = ${by.actor}
        where id = ${id} and revoked_at is null`,
    ),
  );
}

async function attempt<Rows>(what: string, query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
