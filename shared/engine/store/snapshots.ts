// Snapshots in Postgres, a row a stream and fingerprint: code of two versions that runs side by side has its own each.
// Must never hold up a command: what can't be written now is written later, or never.
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";

export interface StoredSnapshot {
  readonly stream: string;
  readonly fingerprint: string;
  readonly version: number;
  /** When the event of this version was stored, ISO 8601, UTC. */
  readonly at: string;
  /** As the aggregate prints it. */
  readonly state: string;
}

export interface Snapshots {
  /** Answers whether it will be written; no caller need wait until it is. */
  keep(snapshot: StoredSnapshot): boolean;
  /** Of a snapshot that can't be read: it is deleted, and its stream folded from the beginning. */
  discard(snapshot: StoredSnapshot, cause: unknown): void;
}

/** Snapshots that are written at once: they have to leave the connections to the commands. */
const WRITES_MAX = 1;

export function createSnapshots(sql: Sql, log: Log): Snapshots {
  let writes = 0;
  const write = (statement: PromiseLike<unknown>, what: string) => {
    writes++;
    Promise.resolve(statement)
      .catch((error: unknown) => log.warn({ cause: describe(error) }, `${what}, which costs time only`))
      .finally(() => writes--);
  };
  return {
    keep(snapshot) {
      if (writes >= WRITES_MAX) return false;
      write(keepSnapshot(sql, snapshot), "a snapshot was not written");
      return true;
    },
    discard({ stream, fingerprint, version }, cause) {
      log.warn({ stream, version, cause: describe(cause) }, "a snapshot can't be read and is made anew");
      write(
        sql`delete from snapshots where stream = ${stream} and fingerprint = ${fingerprint}`,
        "a snapshot was not deleted",
      );
    },
  };
}

/**
 * Nobody waits until it is on the disk: one that is lost is written again. What other code has written goes when it is a
 * day old, when no rollout is under way any more.
 */
function keepSnapshot(sql: Sql, { stream, fingerprint, version, at, state }: StoredSnapshot) {
  return sql`
    with others as (
      delete from snapshots
      where stream = ${stream} and fingerprint <> ${fingerprint} and stored_at < now() - interval '1 day'
    )
    insert into snapshots (stream, fingerprint, version, at, state)
    select ${stream}, ${fingerprint}, ${version}, ${at}::text::timestamptz, ${state}::text::json
    from set_config('synchronous_commit', 'off', true)
    on conflict (stream, fingerprint) do update
    set version = excluded.version, at = excluded.at, state = excluded.state, stored_at = now()
    where snapshots.version < excluded.version`;
}

/** Those of the streams, whatever code wrote them; for the audit, which compares and never uses them. */
export async function snapshotsOf(sql: Sql, streams: readonly string[]): Promise<StoredSnapshot[]> {
  const rows = await sql<StoredSnapshot[]>`
    select stream, fingerprint, version, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, state::text
    from snapshots where stream = any(${streams as string[]}::text[])`;
  return [...rows];
}
