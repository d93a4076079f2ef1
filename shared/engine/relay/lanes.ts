// Which lanes this relay works on. A lane is a Postgres advisory lock of one session: it is free again the
// moment its holder's session ends, however that happens.

import postgres from "postgres";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { postgresAddress } from "@millrace/platform/postgres-address";
import { LANES } from "@millrace/store/lanes";
import { LANE_LOCK, RELAY_LOCK, RESTING_LOCK } from "@millrace/store/outbox-lanes";
import { createSessionWatch } from "./session-watch.ts";

export interface Lanes {
  /** Lanes held now. */
  held(): readonly number[];
  /** Whether appends notify this relay. */
  isTold(): boolean;
  /** From now on they do. What was appended before may have gone untold. @throws what Postgres throws. */
  askToBeTold(): Promise<void>;
  /** They need not, since the outbox is looked at all the time. @throws what Postgres throws. */
  stopBeingTold(): Promise<void>;
  /** Why lanes can't be claimed; undefined where they can, or could moments ago. */
  notReady(): string | undefined;
  /** Gives all of them back. */
  release(): Promise<void>;
}

/** Between looks at lanes that others hold: how long a lane may stay orphaned after its relay's session ended. */
const CLAIM_INTERVAL_MS = 1_000;
/** Longest time, in ms, in which Postgres owes an answer; later, the session is given up. */
const ANSWER_WITHIN_MS = 10_000;
/** Time, in ms, for which claims may fail before that is said: a restart of Postgres takes less. */
const FAILING_MS = 5_000;

/**
 * Claims lanes as they become free, no more than a fair share while other relays are waiting, until released.
 * `onChange` is called after every change.
 */
export function holdLanes(options: { databaseUrl: string; log: Log; onChange(): void }): Lanes {
  const { log } = options;
  let held: number[] = [];
  let told = false;
  let releasing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The session may hold locks that are not known here: a statement that failed may have taken them before. */
  let isUncertain = true;
  let failingSince: number | undefined;
  let failure = "";
  const lose = () => {
    told = false;
    isUncertain = true;
    if (held.length === 0) return;
    log.warn({ lanes: held }, "the lanes are given up: their session ended, or its locks are not known");
    held = [];
    options.onChange();
  };
  // A session of its own, never reconnected behind our back while we believe that we hold its locks.
  const address = postgresAddress(options.databaseUrl);
  const session = postgres({
    ...address,
    max: 1,
    connect_timeout: 5,
    // postgres.js gives a connection up after half an hour or more, and until the next claim nobody would have its lanes.
    max_lifetime: null,
    answer_timeout: ANSWER_WITHIN_MS / 1_000,
    onnotice: () => {},
    onclose: lose,
    connection: { ...address.connection, application_name: "relay-lanes" },
  });

  const watch = createSessionWatch(session, log);

  const claim = async () => {
    try {
      if (isUncertain) await beginAnew();
      const share = Math.ceil(LANES / (await watch.relays()));
      const before = held.join();
      if (held.length > share) await give(held.slice(share));
      for (let lane = 0; lane < LANES && held.length < share && !releasing; lane++) {
        if (held.includes(lane)) continue;
        const [row] = await session`select pg_try_advisory_lock(${LANE_LOCK}::int, ${lane}::int) as locked`;
        if (row?.locked) held = [...held, lane].sort();
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

  /** A lock that is taken twice is not free after it is given back once: so it is never taken twice. */
  const beginAnew = async () => {
    lose();
    await session`select pg_advisory_unlock_all()`;
    await session`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RELAY_LOCK}::int)`;
    isUncertain = false;
  };

  const give = async (lanes: readonly number[]) => {
    held = held.filter((lane) => !lanes.includes(lane));
    options.onChange();
    for (const lane of lanes) await session`select pg_advisory_unlock(${LANE_LOCK}::int, ${lane}::int)`;
  };

  const orLose = async (statement: PromiseLike<unknown>) => {
    try {
      await statement;
    } catch (error) {
      lose();
      throw error;
    }
  };

  void claim();
  return {
    held: () => held,
    isTold: () => told,
    async askToBeTold() {
      await orLose(session`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`);
      told = held.length > 0;
    },
    async stopBeingTold() {
      told = false;
      await orLose(session`select pg_advisory_unlock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`);
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
      await session.end({ timeout: 2 });
    },
  };
}
