// What a relay has in Postgres: one session, and the locks that it holds. They are free again the moment the session
// ends, however that happens. Must never take a lock twice: it would not be free after it is given back once.
import postgres, { type Sql } from "postgres";
import { postgresAddress } from "@millrace/platform/postgres-address";
import { LANE_LOCK, RELAY_LOCK, RESTING_LOCK } from "@millrace/store/outbox-lanes";

export interface LaneLocks {
  readonly session: Sql;
  /** Gives back whatever the session may hold, and shows the other relays that this one is here. */
  beginAnew(): Promise<void>;
  /** Whether the lane is ours now. */
  take(lane: number): Promise<boolean>;
  give(lane: number): Promise<void>;
  /** Appends notify from now on, or no longer. */
  rest(): Promise<void>;
  wake(): Promise<void>;
  end(): Promise<void>;
}

/** Longest time, in ms, in which Postgres owes an answer; later, the session is given up. */
const ANSWER_WITHIN_MS = 10_000;

/** `onEnd` is called whenever the session has ended, and its locks with it. Each of the others throws what Postgres throws. */
export function openLaneLocks(databaseUrl: string, onEnd: () => void): LaneLocks {
  const address = postgresAddress(databaseUrl);
  // A session of its own, never reconnected behind our back while we believe that we hold its locks.
  const session = postgres({
    ...address,
    max: 1,
    connect_timeout: 5,
    // postgres.js gives a connection up after half an hour or more, and until the next claim nobody would have its lanes.
    max_lifetime: null,
    answer_timeout: ANSWER_WITHIN_MS / 1_000,
    onnotice: () => {},
    onclose: onEnd,
    connection: { ...address.connection, application_name: "relay-lanes" },
  });
  return {
    session,
    async beginAnew() {
      await session`select pg_advisory_unlock_all()`;
      await session`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RELAY_LOCK}::int)`;
    },
    async take(lane) {
      const [row] = await session`select pg_try_advisory_lock(${LANE_LOCK}::int, ${lane}::int) as locked`;
      return row?.locked === true;
    },
    async give(lane) {
      await session`select pg_advisory_unlock(${LANE_LOCK}::int, ${lane}::int)`;
    },
    async rest() {
      await session`select pg_advisory_lock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
    },
    async wake() {
      await session`select pg_advisory_unlock_shared(${LANE_LOCK}::int, ${RESTING_LOCK}::int)`;
    },
    end: () => session.end({ timeout: 2 }),
  };
}
