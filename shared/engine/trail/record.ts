// The trail of operators' acts: who did what, on what, when and from where. Must never be written apart from the act:
// an entry commits with it or not at all.
import type { Sql, SqlTx } from "@millrace/platform/postgres";
import type { Doer } from "./doer.ts";
import { BEGINNING, type Entry, type Head, hashOf } from "./entry.ts";

/** Storage format. The shop's own begin with `shop.`. */
export type ActName =
  | `shop.${string}`
  | "key.create"
  | "key.revoke"
  | "session.start"
  | "session.end"
  | "session.refuse"
  | "access.refuse"
  | "settings.start"
  | "dead-letter.retry"
  | "dead-letter.discard"
  | "process.retry"
  | "process.pause"
  | "process.resume"
  | "topic.refill"
  | "projection.rebuild"
  | "projection.switch"
  | "projection.drop"
  | "webhook.create"
  | "webhook.change"
  | "webhook.remove"
  | "webhook.secret"
  | "webhook.retry"
  | "webhook.replay";

export interface Act {
  readonly name: ActName;
  /** What it was done to: a key's id, a projection. Never a secret. */
  readonly target: string;
  /** Never a secret, nor what people wrote. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An arbitrary number that all who write entries agree on. */
const TRAIL_LOCK = 7_405_118_022;
/** Most characters of each text: names of ours have far fewer, and an entry is kept for ever. */
const TEXT_LENGTH_MAX = 500;
/** Most characters of the details as JSON: a handful of short fields. */
const DETAILS_LENGTH_MAX = 4_000;

/**
 * Call it last in the act's transaction: until that ends no other transaction writes an entry, and one that waits
 * here must hold no lock that the first still asks for. Answers the new head.
 */
export async function recordAct(tx: SqlTx, doer: Doer, act: Act): Promise<Head> {
  // A statement of its own: the next one sees what committed while this one waited.
  await tx`select pg_advisory_xact_lock(${TRAIL_LOCK})`;
  const { previous, at, login } = await presentHead(tx);
  const entry: Entry = {
    position: previous.position + 1,
    at,
    login,
    actor: keepable(doer.actor),
    authn: doer.authn,
    origin: keepable(doer.origin),
    act: act.name,
    target: keepable(act.target),
    details: detailsText(act.details ?? {}),
  };
  const hash = hashOf(previous.hash, entry);
  await tx`
    insert into trail (position, at, login, actor, authn, origin, act, target, details, hash)
    values (${entry.position}, ${entry.at}, ${entry.login}, ${entry.actor}, ${entry.authn}, ${entry.origin},
      ${entry.act}, ${entry.target}, ${entry.details}::text::json, decode(${hash}, 'hex'))`;
  return { position: entry.position, hash };
}

/** A change and its entry, or neither. Answers whether it changed anything; only then is there an entry. */
export async function inTrail(
  sql: Sql,
  { by, act }: { readonly by: Doer; readonly act: Act },
  change: (tx: SqlTx) => PromiseLike<{ readonly count: number }>,
): Promise<boolean> {
  return sql.begin(async (tx) => {
    const { count } = await change(tx);
    if (count > 0) await recordAct(tx, by, act);
    return count > 0;
  });
}

async function presentHead(tx: SqlTx): Promise<{ previous: Head; at: string; login: string }> {
  const [row] = await tx<{ at: string; login: string; position: string | null; hash: string | null }[]>`
    select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
      session_user::text as login, head.position, encode(head.hash, 'hex') as hash
    from (values (1)) as always
    left join (select position, hash from trail order by position desc limit 1) as head on true`;
  if (!row) throw new Error("one row was asked for, and none came");
  const { at, login, position, hash } = row;
  return { previous: hash === null ? BEGINNING : { position: Number(position), hash }, at, login };
}

/** As Postgres gives it back: what was hashed and what is read again must be the same text. */
function keepable(text: string): string {
  return text.slice(0, TEXT_LENGTH_MAX).toWellFormed().replaceAll("\0", "\ufffd");
}

function detailsText(details: Readonly<Record<string, unknown>>): string {
  // JSON.stringify writes NUL and lone surrogates as escapes, so that the text itself is plain.
  const text = JSON.stringify(details);
  return text.length <= DETAILS_LENGTH_MAX ? text : JSON.stringify({ leftOut: `${text.length} characters` });
}
