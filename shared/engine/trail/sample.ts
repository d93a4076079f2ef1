// Acts that anybody can cause as often as they like, such as refusals: of many alike the trail keeps one a minute. Must never
// let strangers fill a table that is kept for ever.
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import type { Doer } from "./doer.ts";
import { type Act, recordAct } from "./record.ts";

/** Least time, in ms, between two entries of one act by one doer on one target. */
const EVERY_MS = 60_000;
/**
 * Most entries of one process in that time: so many of strangers, and as many of principals that are known, whom no crowd of
 * strangers keeps out. Nothing else for a year makes some gigabytes.
 */
const ENTRIES_MAX = 20;

/** Most entries that wait to be written, as many as a minute has; further ones are passed over. */
const WAITING_MAX = 2 * ENTRIES_MAX;

export interface Sample {
  /** Resolves once it is in the trail, or was passed over. Never throws: what could not be written is in the log. */
  note(doer: Doer, act: Act): Promise<void>;
}

export function createSample({
  sql,
  log,
  now = Date.now,
}: {
  sql: Sql;
  log: Log;
  now?: () => number;
}): Sample {
  const [ofStrangers, ofKnown] = [createShare(now), createShare(now)];
  let waiting = 0;
  let last = Promise.resolve();
  const write = async (doer: Doer, act: Act) => {
    try {
      await sql.begin((tx) => recordAct(tx, doer, act));
    } catch (error) {
      log.warn({ act: act.name, actor: doer.actor, cause: describe(error) }, "not in the trail");
    } finally {
      waiting--;
    }
  };
  return {
    async note(doer, act) {
      const share = doer.authn === "none" ? ofStrangers : ofKnown;
      const passedOver = share.take(doer, act, waiting < WAITING_MAX);
      if (passedOver === undefined) return;
      const noted = passedOver > 0 ? { ...act, details: { ...act.details, passedOver } } : act;
      waiting++;
      // One after the other: while the trail is held, only one of the pool's connections waits for it.
      last = last.then(() => write(doer, noted));
      return last;
    },
  };
}

interface Share {
  /** How many were passed over since the last entry; undefined where this one is as well. */
  take(doer: Doer, act: Act, hasRoom: boolean): number | undefined;
}

function createShare(now: () => number): Share {
  const kept = new Set<string>();
  let since = Number.NEGATIVE_INFINITY;
  let passedOver = 0;
  return {
    take(doer, act, hasRoom) {
      if (now() - since >= EVERY_MS) {
        since = now();
        kept.clear();
      }
      const alike = kept.size < ENTRIES_MAX && hasRoom && JSON.stringify([doer, act.name, act.target]);
      if (alike === false || kept.has(alike)) {
        passedOver++;
        return undefined;
      }
      kept.add(alike);
      const before = passedOver;
      passedOver = 0;
      return before;
    },
  };
}
