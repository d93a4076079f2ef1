// API keys that are asked about. Must never let a flood of keys that nobody knows take more of Postgres than one
// statement at a time, which those that are known share.
import { timingSafeEqual } from "node:crypto";
import { Failure } from "@millrace/platform/failure";
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

interface Waiting {
  readonly id: string;
  readonly key: string;
  readonly resolve: (found: FoundKey | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Row {
  readonly id: string;
  readonly hash: Buffer;
  readonly role: string;
  readonly subject: string;
  readonly scopes: string[];
  readonly left_ms: number;
}

export function createKeyLookup(sql: Sql): KeyLookup {
  let queue: Waiting[] = [];
  let looking = false;

  const lookAll = async () => {
    looking = true;
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_MAX);
      queue = queue.slice(BATCH_MAX);
      await settle(sql, batch);
    }
    looking = false;
  };

  return {
    async find(key) {
      const id = idOfKey(key);
      if (id === undefined) return undefined;
      if (queue.length >= QUEUE_MAX) {
        throw new Failure("overloaded", `${QUEUE_MAX} keys wait to be looked up already`, true);
      }
      return new Promise((resolve, reject) => {
        queue.push({ id, key, resolve, reject });
        if (!looking) void lookAll();
      });
    },
  };
}

async function settle(sql: Sql, batch: readonly Waiting[]): Promise<void> {
  try {
    const ids = [...new Set(batch.map(({ id }) => id))];
    const rows = await sql<Row[]>`
      select id, hash, role, subject, scopes, extract(epoch from expires_at - now())::float8 * 1000 as left_ms
      from api_keys where id = any(${ids}::text[]) and revoked_at is null and expires_at > now()`;
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const { id, key, resolve } of batch) resolve(proven(found.get(id), key));
  } catch (error) {
    const failure = postgresFailure("looking for keys", error);
    for (const { reject } of batch) reject(failure);
  }
}

/** Takes as long for a secret that is wrong at its start as at its end. */
function proven(row: Row | undefined, key: string): FoundKey | undefined {
  if (!row || !timingSafeEqual(row.hash, hashOfKey(key)) || !isRole(row.role)) return undefined;
  const { role, subject, scopes, left_ms: leftMs } = row;
  return { principal: { role, subject, scopes, authn: "key" }, leftMs };
}
