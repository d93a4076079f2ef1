// Reading one's own write: a request waits until its row has come to a version, without polling the database.
import { ClientGone } from "@millrace/http/client-gone";
import { Failure } from "@millrace/platform/failure";
import { hashOf } from "@millrace/read-models/row-changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import type { FoundRow, RowLookup } from "@millrace/read-models/row-lookup";

export interface Wanted {
  readonly id: string;
  readonly minVersion: number;
  readonly waitMs: number;
  /** Aborted once the client is gone: then its place is free. */
  readonly signal?: AbortSignal;
}

export interface VersionWaits extends RowSubscriber {
  /**
   * The row at that version or a later one, as soon as it can be read.
   * @throws Failure `projection_behind` when the wait is over, `overloaded` past the bound, `shutting_down`
   * @throws ClientGone
   */
  row(projection: string, wanted: Wanted): Promise<FoundRow>;
  waiting(): number;
  /** Ends every wait. */
  stop(): void;
}

/** Most requests that wait at once: as many as a process works on, so that this is never the lower bound. */
export const WAITERS_MAX = 10_000;
/** Milliseconds until the next look after one that failed. */
const LOOK_AGAIN_MS = 250;

interface Waiter {
  readonly id: string;
  readonly minVersion: number;
  readonly resolve: (row: FoundRow) => void;
  readonly reject: (error: Failure) => void;
}

interface Waiters {
  readonly lookup: RowLookup;
  /** By the hash of the row's id, as notifications name rows. */
  readonly byHash: Map<number, Set<Waiter>>;
  looking: boolean;
  /** Something may have changed since the running look began. */
  lookAgain: boolean;
}

export function createVersionWaits(
  lookups: ReadonlyMap<string, RowLookup>,
  waitersMax = WAITERS_MAX,
): VersionWaits {
  const waiters = new Map<string, Waiters>();
  for (const [projection, lookup] of lookups) {
    waiters.set(projection, { lookup, byHash: new Map(), looking: false, lookAgain: false });
  }
  let count = 0;
  let stopped = false;

  return {
    async row(projection, { id, minVersion, waitMs, signal }) {
      if (stopped) throw shuttingDown();
      if (count >= waitersMax) {
        throw new Failure("overloaded", `${waitersMax} requests wait for their version already`, true);
      }
      const group = waiters.get(projection);
      if (!group) throw new Error(`There is no read model ${projection}`);
      const { promise, resolve, reject } = Promise.withResolvers<FoundRow>();
      // Registered before the look, so that a change is either notified later or seen by the look.
      const waiter: Waiter = { id, minVersion, resolve, reject };
      add(group, waiter);
      count++;
      const firstLook = look(group, [waiter]).catch(reject);
      const giveUp = async () => {
        // However short the wait, the first look counts: a row that is there already is answered.
        await firstLook;
        // A notification may be lost with its sender or stay in a listener that hangs, so the table is looked at once more.
        if (waitMs > 0) await look(group, [waiter]).catch(reject);
        reject(behind(projection, waiter, waitMs));
      };
      const late = setTimeout(() => void giveUp(), waitMs);
      const leave = () => reject(new ClientGone());
      signal?.addEventListener("abort", leave);
      if (signal?.aborted) leave();
      try {
        return await promise;
      } finally {
        clearTimeout(late);
        signal?.removeEventListener("abort", leave);
        count--;
        remove(group, waiter);
      }
    },

    rowsChanged({ projection, hashes }) {
      const group = waiters.get(projection);
      if (!group || group.byHash.size === 0) return;
      if (!hashes) {
        void lookAtAll(group);
        return;
      }
      const named = hashes.flatMap((hash) => [...(group.byHash.get(hash) ?? [])]);
      if (named.length > 0) void look(group, named).catch(() => lookAtAll(group));
    },

    missed() {
      for (const group of waiters.values()) void lookAtAll(group);
    },

    waiting: () => count,

    stop() {
      stopped = true;
      for (const waiter of all(waiters.values())) waiter.reject(shuttingDown());
    },
  };
}

/** Looks in one turn of the event loop share one statement; see row-lookup.ts. */
async function look(group: Waiters, waiters: Iterable<Waiter>): Promise<void> {
  await Promise.all(
    [...waiters].map(async (waiter) => {
      const row = await group.lookup.find(waiter.id);
      if (row && row.version >= waiter.minVersion) waiter.resolve(row);
    }),
  );
}

/** One look at a time; any number of notifications during it make one more. */
async function lookAtAll(group: Waiters): Promise<void> {
  group.lookAgain = true;
  if (group.looking) return;
  group.looking = true;
  while (group.lookAgain && group.byHash.size > 0) {
    group.lookAgain = false;
    try {
      await look(group, all([group]));
    } catch {
      // Postgres is away, or the lookup is full: the requests that still wait are looked up again.
      group.lookAgain = true;
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }
  group.looking = false;
}

function all(groups: Iterable<Waiters>): Waiter[] {
  return [...groups].flatMap((group) => [...group.byHash.values()].flatMap((waiters) => [...waiters]));
}

function add({ byHash }: Waiters, waiter: Waiter): void {
  const hash = hashOf(waiter.id);
  const waiters = byHash.get(hash);
  if (waiters) waiters.add(waiter);
  else byHash.set(hash, new Set([waiter]));
}

function remove({ byHash }: Waiters, waiter: Waiter): void {
  const hash = hashOf(waiter.id);
  const waiters = byHash.get(hash);
  waiters?.delete(waiter);
  if (waiters?.size === 0) byHash.delete(hash);
}

function behind(projection: string, { id, minVersion }: Waiter, waitMs: number): Failure {
  const message = `${projection} ${id} has not come to version ${minVersion} within ${waitMs} ms`;
  return new Failure("projection_behind", message, true);
}

function shuttingDown(): Failure {
  return new Failure("shutting_down", "This process is stopping", true);
}
