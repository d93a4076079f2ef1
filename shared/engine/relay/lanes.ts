// Which lanes this relay works on: those whose Postgres advisory locks its session holds (lane-locks.ts). Must never
// name a lane that another relay may hold.
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { LANES } from "@millrace/store/lanes";
import { openLaneLocks } from "./lane-locks.ts";
import { createSessionWatch } from "./session-watch.ts";

export interface Lanes {
  /** Lanes held now. */
  held(): readonly number[];
  /** Whether appends notify this relay. */
  isNotified(): boolean;
  /** From now on they do. What was appended before may have gone unnotified. @throws what Postgres throws. */
  askToBeNotified(): Promise<void>;
  /** They need not, since the outbox is looked at all the time. @throws what Postgres throws. */
  stopBeingNotified(): Promise<void>;
  /** Why lanes can't be claimed; undefined where they can, or could moments ago. */
  notReady(): string | undefined;
  /** Gives all of them back. */
  release(): Promise<void>;
}

/** Between looks at lanes that others hold: how long a lane may stay orphaned after its relay's session ended. */
const CLAIM_INTERVAL_MS = 1_000;
/** Time, in ms, for which claims may fail before that is said: a restart of Postgres takes less. */
const FAILING_MS = 5_000;

/**
 * Claims lanes as they become free, no more than a fair share while other relays are waiting, until released.
 * `onChange` is called after every change.
 */
export function holdLanes(options: { databaseUrl: string; log: Log; onChange(): void }): Lanes {
  const { log } = options;
  let held: number[] = [];
  let notified = false;
  let releasing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The session may hold locks that are not known here: a statement that failed may have taken them before. */
  let isUncertain = true;
  let failingSince: number | undefined;
  let failure = "";
  const lose = () => {
    notified = false;
    isUncertain = true;
    if (held.length === 0) return;
    log.warn({ lanes: held }, "the lanes are given up: their session ended, or its locks are not known");
    held = [];
    options.onChange();
  };
  const locks = openLaneLocks(options.databaseUrl, lose);
  const watch = createSessionWatch(locks.session, log);

  const claim = async () => {
    try {
      if (isUncertain) {
        lose();
        await locks.beginAnew();
        isUncertain = false;
      }
      const share = Math.ceil(LANES / (await watch.relays()));
      const before = held.join();
      if (held.length > share) await give(held.slice(share));
      for (let lane = 0; lane < LANES && held.length < share && !releasing; lane++) {
        if (held.includes(lane)) continue;
        if (await locks.take(lane)) held = [...held, lane].sort();
      }
      if (held.join() !== before) {
        log.info({ lanes: held, share }, "lanes held");
        options.onChange();
      }
      await watch.endBlocked();
      failingSince = undefined;
    } catch (error) {
      lose();
      failingSince ??= Date.now();
      failure = describe(error);
      log.warn({ cause: failure }, "lanes can't be claimed, trying again");
    }
    if (!releasing) timer = setTimeout(() => void claim(), CLAIM_INTERVAL_MS);
  };

  const give = async (lanes: readonly number[]) => {
    held = held.filter((lane) => !lanes.includes(lane));
    options.onChange();
    for (const lane of lanes) await locks.give(lane);
  };

  /** After a statement that failed, the session's locks are not known. */
  const orLose = async (changed: Promise<void>) => {
    try {
      await changed;
    } catch (error) {
      lose();
      throw error;
    }
  };

  void claim();
  return {
    held: () => held,
    isNotified: () => notified,
    async askToBeNotified() {
      await orLose(locks.rest());
      notified = held.length > 0;
    },
    async stopBeingNotified() {
      notified = false;
      await orLose(locks.wake());
    },
    notReady() {
      const failingMs = failingSince === undefined ? 0 : Date.now() - failingSince;
      if (failingMs < FAILING_MS) return undefined;
      return `no lane of the outbox can be claimed from Postgres: ${failure}. Where no other relay holds them, events wait in the outbox; claiming is tried again every second`;
    },
    async release() {
      releasing = true;
      clearTimeout(timer);
      held = [];
      await locks.end();
    },
  };
}
