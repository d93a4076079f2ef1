// Which lanes this relay works on. A lane is a Postgres advisory lock of one session: it is free again the
// moment its holder's session ends, however that happens.

import postgres from "postgres";
import { LANES } from "@millrace/contract/lanes";
import { LANE_LOCK, RESTING_LOCK } from "@millrace/event-store/outbox-lanes";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { postgresAddress } from "@millrace/platform/postgres-address";

export interface Lanes {
  /** Lanes held now. */
  held(): readonly number[];
  /** Whether appends notify this relay. */
  isTold(): boolean;
  /** From now on they do. What was appended before may have gone untold. @throws what Postgres throws. */
  askToBeTold(): Promise<void>;
  /** They need not, since the outbox is looked at all the time. @throws what Postgres throws. */
  stopBeingTold(): Promise<void>;
  /** Gives all of them back. */
  release(): Promise<void>;
}

/** Between looks at lanes that others hold: how long a lane may stay orphaned after its relay's session ended. */
const CLAIM_INTERVAL_MS = 1_000;
/**
 * A relay speaks once an interval. One that has been silent for this long is frozen or cut off, while its session,
 * and with it its lanes, may live on for ever: the others end it.
 */
const SILENT_MS = 10_000;

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
  const lose = () => {
    told = false;
    if (held.length === 0) return;
    log.warn({ lanes: held }, "the session that held the lanes ended");
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
    answer_timeout: SILENT_MS / 1_000,
    onnotice: () => {},
    onclose: lose,
    connection: { ...address.connection, application_name: "relay-lanes" },
  });

  const claim = async () => {
    try {
      const share = await fairShare();
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
    } catch (error) {
      lose();
      log.warn({ cause: describe(error) }, "lanes can't be claimed, trying again");
    }
    if (!releasing) timer = setTimeout(() => void claim(), CLAIM_INTERVAL_MS);
  };

  /**
   * Lanes divided by the relays that are connected, rounded up. Ends those that are silent: whoever wakes up late can
   * only publish what its successor publishes too.
   */
  const fairShare = async () => {
    const [row] = await session`
      select count(*)::int as relays, count(*) filter (where ended)::int as ended from (
        select case
          when pid = pg_backend_pid() then false
          when state_change < clock_timestamp() - make_interval(secs => ${SILENT_MS / 1_000})
            then pg_terminate_backend(pid)
          else false end as ended
        from pg_stat_activity where application_name = 'relay-lanes' and datname = current_database()
      ) as relays`;
    const { relays = 1, ended = 0 } = row ?? {};
    if (ended > 0) log.warn({ relays: ended }, "silent relays lost their lanes");
    return Math.ceil(LANES / Math.max(1, relays - ended));
  };

  const give = async (lanes: readonly number[]) => {
    held = held.filter((lane) => !lanes.includes(lane));
    options.onChange();
    for (const lane of lanes) await session`select pg_advisory_unlock(${LANE_LOCK}::int, ${lane}::int)`;
  };

  void claim();
  return {
    held: () => held,
    isTold: () => told,
    async askToBeTold() {
      await session`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
      told = true;
    },
    async stopBeingTold() {
      told = false;
      await session`select pg_advisory_unlock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
    },
    async release() {
      releasing = true;
      clearTimeout(timer);
      held = [];
      await session.end({ timeout: 2 });
    },
  };
}
