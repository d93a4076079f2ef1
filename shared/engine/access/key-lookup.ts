// API keys that are asked about. Must never let a flood of keys that nobody knows take more of Postgres than one
// statement at a time, which those that are known share.
import { timingSafeEqual } from "node:crypto";
import { gathered } from "@millrace/platform/gathered";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import { hashOfKey, idOfKey } from "./api-key.ts";
import { isRole, type Principal } from "./principal.ts";

export interface FoundKey {
  readonly principal: Principal;
  /** For how much longer it works, milliseconds, by Postgres' clock. */
  readonly leftMs: number;
}

export interface KeyLookup {
  /** Undefined for what is no key, or no longer one. @throws Failure `postgres_unavailable`, `overloaded` past the bound */
  find(key: string): Promise<FoundKey | undefined>;
}

/** Keys in one statement: they are looked up by their primary key. */
const BATCH_MAX = 500;
/** Keys that may wait: some tenth of a second's statements. */
const QUEUE_MAX = 5_000;

interface Row {
  readonly id: string;
  readonly hash: Buffer;
  readonly role: string;
  readonly subject: string;
  readonly scopes: string[];
  readonly left_ms: number;
}

export function createKeyLookup(sql: Sql): KeyLookup {
  const rowOf = gathered((ids) => rowsOf(sql, ids), {
    what: "keys",
    batchMax: BATCH_MAX,
    queueMax: QUEUE_MAX,
  });
  return {
    async find(key) {
      const id = idOfKey(key);
      return id === undefined ? undefined : proven(await rowOf(id), key);
    },
  };
}

async function rowsOf(sql: Sql, ids: string[]): Promise<Map<string, Row>> {
  try {
    const rows = await sql<Row[]>`
      select id, hash, role, subject, scopes, extract(epoch from expires_at - now())::float8 * 1000 as left_ms
      from api_keys where id = any(${ids}::text[]) and revoked_at is null and expires_at > now()`;
    return new Map(rows.map((row) => [row.id, row]));
  } catch (error) {
    throw postgresFailure("looking for keys", error);
  }
}

/** Takes as long for a secret that is wrong at its start as at its end. */
function proven(row: Row | undefined, key: string): FoundKey | undefined {
  if (!row || !timingSafeEqual(row.hash, hashOfKey(key)) || !isRole(row.role)) return undefined;
  const { role, subject, scopes, left_ms: leftMs } = row;
  return { principal: { role, subject, scopes, authn: "key" }, leftMs };
}
