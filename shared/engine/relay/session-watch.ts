// Sessions that a relay ends because they stand still: frozen relays, whose lanes no other could take, and frozen
// listeners, behind which the queue of notifications would fill.
import type { Sql } from "postgres";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { LANE_LOCK, RELAY_LOCK } from "@millrace/store/outbox-lanes";

export interface SessionWatch {
  /** Relays that speak, this one among them. Ends the sessions of the others. */
  relays(): Promise<number>;
  /** Ends sessions that have not taken what Postgres sends them for a long time. */
  endBlocked(): Promise<void>;
}

/**
 * A relay speaks once a second. One that has been silent for this long, in ms, is frozen or cut off, while its session,
 * and with it its lanes, may live on for ever. Should it wake, it can only publish what its successor publishes too.
 */
const SILENT_MS = 10_000;
/** Time, in ms, for which a listener may take nothing: longer than a pause for a debugger or a moving machine. */
const BLOCKED_MS = 120_000;
/** Between looks for them, in ms. */
const LOOK_INTERVAL_MS = 10_000;

export interface SessionWatchOptions {
  readonly blockedMs?: number;
  readonly intervalMs?: number;
}

export function createSessionWatch(session: Sql, log: Log, options: SessionWatchOptions = {}): SessionWatch {
  const { blockedMs = BLOCKED_MS, intervalMs = LOOK_INTERVAL_MS } = options;
  /** When each session was first seen blocked, by process id and start. */
  let blockedSince = new Map<string, number>();
  let dueAt = 0;

  const end = async (
    { pid, name }: { pid: number; name: string },
    asked: PromiseLike<unknown>,
    what: string,
  ) => {
    try {
      await asked;
      log.warn({ pid, name }, what);
    } catch (error) {
      log.warn({ pid, name, cause: describe(error) }, "a session that stands still can't be ended");
    }
  };

  return {
    async relays() {
      // The lock tells which sessions are relays', whatever a connection string has them called.
      const others = await session<{ pid: number; name: string; isSilent: boolean | null }[]>`
        select pid, application_name as name,
          state_change < clock_timestamp() - make_interval(secs => ${SILENT_MS / 1_000}) as "isSilent"
        from pg_stat_activity
        where pid <> pg_backend_pid() and pid in (
          select pid from pg_locks
          where locktype = 'advisory' and classid = ${LANE_LOCK} and objid = ${RELAY_LOCK}::int::oid and granted
            and database = (select oid from pg_database where datname = current_database()))`;
      const silent = others.filter(({ isSilent }) => isSilent === true);
      for (const relay of silent) {
        await end(
          relay,
          session`select pg_terminate_backend(${relay.pid}::int)`,
          "a silent relay lost its lanes",
        );
      }
      return 1 + others.length - silent.length;
    },
    async endBlocked() {
      if (Date.now() < dueAt) return;
      dueAt = Date.now() + intervalMs;
      const blocked = await session<{ pid: number; start: string; name: string }[]>`
        select pid, started::text as start, name from our_sessions()
        where state = 'idle' and wait_event = 'ClientWrite'`;
      const before = blockedSince;
      blockedSince = new Map(
        blocked.map(({ pid, start }) => [`${pid} ${start}`, before.get(`${pid} ${start}`) ?? Date.now()]),
      );
      for (const each of blocked) {
        const { pid, start } = each;
        if (Date.now() - (blockedSince.get(`${pid} ${start}`) ?? 0) < blockedMs) continue;
        await end(
          each,
          // It may be any app's, and this one's role may end none but its own.
          session`select end_blocked_session(${pid})`,
          "a session that took no notifications was ended: they can't be forgotten before it has them",
        );
      }
    },
  };
}
