// Reading one's own write: a request waits until its row has come to a version, without asking the database
// over and over.

import type { RowSubscriber } from "@millrace/live/row-listener";
import { Failure } from "@millrace/platform/failure";
import type { FoundRow, RowLookup } from "@millrace/read-models/row-lookup";
import { createLatelyTold, type LatelyTold } from "./lately-told.ts";

export type Projection = "orders" | "users" | "payments";

export interface Wanted {
  readonly id: string;
  readonly minVersion: number;
  readonly waitMs: number;
}

export interface VersionWaits extends RowSubscriber {
  /**
   * The row at that version or a later one, as soon as it can be read.
   * @throws Failure `projection_behind` when the wait is over, `overloaded` past the bound, `shutting_down`.
   */
  row(projection: Projection, wanted: Wanted): Promise<FoundRow>;
  waiting(): number;
  /** Ends every wait. */
  stop(): void;
}

/** Requests that may wait at once: as many as a process works on, so that waiting is never the lower bound. */
export const WAITERS_MAX = 10_000;
/** Between looks when one of them failed. */
const LOOK_AGAIN_MS = 250;
/** Until a look at a row that can't be there yet, in case that nobody tells of it. */
const LOOK_LATER_MS = 100;

interface Waiter {
  readonly id: string;
  readonly minVersion: number;
  readonly resolve: (row: FoundRow) => void;
  readonly reject: (error: Failure) => void;
}

interface Waiters {
  readonly lookup: RowLookup;
  readonly told: LatelyTold;
  readonly byId: Map<string, Set<Waiter>>;
  looking: boolean;
  /** Something may have changed since the running look began. */
  lookAgain: boolean;
}

export function createVersionWaits(
  lookups: Readonly<Record<Projection, RowLookup>>,
  waitersMax = WAITERS_MAX,
): VersionWaits {
  const waiters = new Map<string, Waiters>();
  for (const [projection, lookup] of Object.entries(lookups)) {
    const told = createLatelyTold();
    waiters.set(projection, { lookup, told, byId: new Map(), looking: false, lookAgain: false });
  }
  let count = 0;
  let stopped = false;

  return {
    async row(projection, { id, minVersion, waitMs }) {
      if (stopped) throw shuttingDown();
      if (count >= waitersMax) {
        throw new Failure("overloaded", `${waitersMax} requests wait for their version already`, true);
      }
      const group = waiters.get(projection) as Waiters;
      const { promise, resolve, reject } = Promise.withResolvers<FoundRow>();
      // Registered before the look: a change between the two is heard, one before it is seen.
      const waiter: Waiter = { id, minVersion, resolve, reject };
      add(group, waiter);
      count++;
      const firstLook = lookAtOnceOrLater(group, waiter, waitMs).catch(reject);
      // The first look counts however short the wait: with none at all it still answers what is visible.
      const late = setTimeout(
        () => void firstLook.then(() => reject(behind(projection, waiter, waitMs))),
        waitMs,
      );
      try {
        return await promise;
      } finally {
        clearTimeout(late);
        count--;
        remove(group, waiter);
      }
    },

    rowsChanged({ projection, changes }) {
      const group = waiters.get(projection);
      if (!group) return;
      group.told.note(changes);
      if (group.byId.size === 0) return;
      if (!changes) {
        void lookAtAll(group);
        return;
      }
      const reached: Waiter[] = [];
      for (const { id, version, row } of changes) {
        for (const waiter of group.byId.get(id) ?? []) {
          if (waiter.minVersion > version) continue;
          if (row) waiter.resolve({ version, ...row });
          else reached.push(waiter);
        }
      }
      if (reached.length > 0) void look(group, reached).catch(() => lookAtAll(group));
    },

    missed() {
      for (const group of waiters.values()) {
        group.told.missed();
        void lookAtAll(group);
      }
    },

    waiting: () => count,

    stop() {
      stopped = true;
      for (const waiter of all(waiters.values())) waiter.reject(shuttingDown());
    },
  };
}

/** Most who wait ask for what they have just created: they are told of it before a look could find it. */
async function lookAtOnceOrLater(group: Waiters, waiter: Waiter, waitMs: number): Promise<void> {
  if (waitMs > LOOK_LATER_MS && !group.told.mayBeThere(waiter.id)) await Bun.sleep(LOOK_LATER_MS);
  if (group.byId.get(waiter.id)?.has(waiter)) await look(group, [waiter]);
}

/** Looks asked for in one turn of the event loop are one statement; see the lookup. */
async function look(group: Waiters, waiters: Iterable<Waiter>): Promise<void> {
  await Promise.all(
    [...waiters].map(async (waiter) => {
      const row = await group.lookup.find(waiter.id);
      if (row && row.version >= waiter.minVersion) waiter.resolve(row);
    }),
  );
}

/** One look at a time: news that arrive meanwhile make one more, however many they are. */
async function lookAtAll(group: Waiters): Promise<void> {
  group.lookAgain = true;
  if (group.looking) return;
  group.looking = true;
  while (group.lookAgain && group.byId.size > 0) {
    group.lookAgain = false;
    try {
      await look(group, all([group]));
    } catch {
      // Postgres is away or the lookup is full: whoever still waits then is looked after again.
      group.lookAgain = true;
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }
  group.looking = false;
}

function all(groups: Iterable<Waiters>): Waiter[] {
  return [...groups].flatMap((group) => [...group.byId.values()].flatMap((waiters) => [...waiters]));
}

function add({ byId }: Waiters, waiter: Waiter): void {
  const waiters = byId.get(waiter.id);
  if (waiters) waiters.add(waiter);
  else byId.set(waiter.id, new Set([waiter]));
}

function remove({ byId }: Waiters, waiter: Waiter): void {
  const waiters = byId.get(waiter.id);
  waiters?.delete(waiter);
  if (waiters?.size === 0) byId.delete(waiter.id);
}

function behind(projection: Projection, { id, minVersion }: Waiter, waitMs: number): Failure {
  const message = `${projection} ${id} has not come to version ${minVersion} within ${waitMs} ms`;
  return new Failure("projection_behind", message, true);
}

function shuttingDown(): Failure {
  return new Failure("shutting_down", "This process is stopping", true);
}
