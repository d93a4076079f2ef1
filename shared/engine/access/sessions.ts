// Sessions of people who have signed in to the console. Must never keep what a session is presented by, or let one outlive
// the key that it was begun with.
import { createHash, randomBytes } from "node:crypto";
import { gathered } from "@millrace/platform/gathered";
import { postgresFailure, type Sql } from "@millrace/platform/postgres";
import type { Doer } from "@millrace/trail/doer";
import { inTrail, recordAct } from "@millrace/trail/record";
import { actorOf, isRole, type Principal, type Role } from "./principal.ts";

/** Who has signed in, and by what. */
export interface SignedIn {
  readonly role: Role;
  readonly subject: string;
  /** The id of the API key that they signed in with; its end is the session's. Absent for those that the issuer names. */
  readonly keyId?: string | undefined;
  /** Where they came from, for the trail. */
  readonly origin: string;
}

export interface Sessions {
  /** Answers what the browser presents from now on: a secret, which is kept nowhere. */
  start(who: SignedIn): Promise<string>;
  /** Undefined for what is no session, or no longer one. Does not count as use. @throws Failure `postgres_unavailable`, `overloaded` */
  find(secret: string): Promise<Principal | undefined>;
  /** The session is in use: it idles from now on. */
  touch(secret: string): Promise<void>;
  /** From now on no console takes it. */
  end(secret: string, by: Doer): Promise<void>;
}

/** A working day: people sign in again the next morning. */
export const SESSION_HOURS_MAX = 12;
/** Without a page opened or a button pressed: a person has gone home and left the browser open. */
export const IDLE_HOURS_MAX = 2;
/** Of one principal: a person has a few browsers. Of more, the one that was begun first ends. */
export const SESSIONS_MAX = 20;
/** Seconds that `seen_at` may be late by, so that clicks don't become writes. */
const SEEN_LATE_SECONDS = 60;

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** Lookups in one statement: they are by primary key. */
const BATCH_MAX = 500;
const QUEUE_MAX = 5_000;

interface Row {
  readonly hash: string;
  readonly role: string;
  readonly subject: string;
  readonly by_key: boolean;
}

export function createSessions(sql: Sql): Sessions {
  const rowOf = gathered((hashes) => rowsOf(sql, hashes), {
    what: "sessions",
    batchMax: BATCH_MAX,
    queueMax: QUEUE_MAX,
  });
  return {
    start: (who) => attempt("beginning a session", start(sql, who)),
    async find(secret) {
      const row = SECRET.test(secret) ? await rowOf(hashOf(secret)) : undefined;
      if (!row || !isRole(row.role)) return undefined;
      return { role: row.role, subject: row.subject, scopes: [], authn: row.by_key ? "key" : "token" };
    },
    async touch(secret) {
      await attempt(
        "using a session",
        sql`
          update console_sessions set seen_at = now()
          where hash = decode(${hashOf(secret)}, 'hex')
            and seen_at < now() - make_interval(secs => ${SEEN_LATE_SECONDS})`,
      );
    },
    end: (secret, by) => attempt("ending a session", end(sql, hashOf(secret), by)),
  };
}

async function start(sql: Sql, who: SignedIn): Promise<string> {
  const { role, subject, keyId = null, origin } = who;
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const hash = hashOf(secret);
  const authn = keyId === null ? "token" : "key";
  await sql.begin(async (tx) => {
    await tx`
      delete from console_sessions
      where expires_at < now() or hash in (
        select hash from console_sessions where role = ${role} and subject = ${subject}
        order by started_at desc offset ${SESSIONS_MAX - 1})`;
    await tx`
      insert into console_sessions (hash, role, subject, key_id, expires_at)
      values (decode(${hash}, 'hex'), ${role}, ${subject}, ${keyId},
        now() + make_interval(hours => ${SESSION_HOURS_MAX}))`;
    const by: Doer = { actor: actorOf({ role, subject }), authn, origin };
    const details = keyId === null ? {} : { key: keyId };
    await recordAct(tx, by, { name: "session.start", target: shownOf(hash), details });
  });
  return secret;
}

async function end(sql: Sql, hash: string, by: Doer): Promise<void> {
  const act = { name: "session.end", target: shownOf(hash) } as const;
  await inTrail(
    sql,
    { by, act },
    (tx) => tx`delete from console_sessions where hash = decode(${hash}, 'hex')`,
  );
}

async function rowsOf(sql: Sql, hashes: string[]): Promise<Map<string, Row>> {
  const rows = await attempt(
    "looking for sessions",
    sql<Row[]>`
      select encode(session.hash, 'hex') as hash, session.role, session.subject, key.id is not null as by_key
      from unnest(${hashes}::text[]) as asked (hash)
      join console_sessions as session on session.hash = decode(asked.hash, 'hex')
      left join api_keys as key on key.id = session.key_id and key.revoked_at is null and key.expires_at > now()
      where session.expires_at > now()
        and session.seen_at > now() - make_interval(hours => ${IDLE_HOURS_MAX})
        and (session.key_id is null or key.id is not null)`,
  );
  return new Map(rows.map((row) => [row.hash, row]));
}

/** In hexadecimal. The secret has 256 random bits, so that nothing slower is needed. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Enough to tell sessions apart in the trail, and nothing that could be presented. */
function shownOf(hash: string): string {
  return `session ${hash.slice(0, 12)}`;
}

async function attempt<Result>(what: string, work: PromiseLike<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw postgresFailure(what, error);
  }
}
