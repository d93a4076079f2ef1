// One connection a process that hears which rows may have changed. Must never be relied on to hear everything, or to
// hear only what is true: whenever it connects anew, or can't read what it hears, subscribers look at everything.
import postgres from "postgres";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { postgresAddress } from "@millrace/platform/postgres-address";
import { parseRowsChanged, ROWS_CHANNEL, type RowsChanged } from "./row-changes.ts";

export interface RowSubscriber {
  rowsChanged(changed: RowsChanged): void;
  /** Rows may have changed unheard: look at everything that is waited for. */
  missed(): void;
}

export interface RowListener {
  connected(): boolean;
  stop(): Promise<void>;
}

interface ListenerOptions {
  readonly url: string;
  /** The process, shown in pg_stat_activity. */
  readonly name: string;
  readonly log: Log;
  readonly subscribers: readonly RowSubscriber[];
  /** Called for each notification that no projection of ours printed. */
  onUnreadable?(): void;
  readonly bounds?: ListenerBounds;
}

export interface ListenerBounds {
  /** Longest time, in ms, for each of Postgres' answers, that to LISTEN included; later counts as a lost connection. */
  readonly answerMs: number;
  /**
   * Longest time, in ms, that Postgres keeps what this process does not take: then it ends the session. A process that
   * stands still would hold up the queue of all notifications until it is full; one that is only slow takes something.
   */
  readonly unsentMs: number;
}

const BOUNDS: ListenerBounds = { answerMs: 5_000, unsentMs: 60_000 };

/** Between tries while Postgres is away. */
const RECONNECT_MS = 250;
/** Between looks at whether the connection still answers; a network that swallows packets closes nothing. */
const HEARTBEAT_MS = 5_000;
const CONNECT_TIMEOUT_SECONDS = 5;

/** Listens until stopped; a lost connection is replaced. */
export function listenToRows(options: ListenerOptions): RowListener {
  const { url, name, log, subscribers, bounds = BOUNDS } = options;
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  let connected = false;
  let away = false;
  /** Whether a line says already that this session heard what can't be read. */
  let unreadable = false;
  let wake = () => {};

  const onnotify = (_channel: string, payload: string) => {
    try {
      const changed = parseRowsChanged(payload);
      for (const subscriber of subscribers) subscriber.rowsChanged(changed);
    } catch (error) {
      // Any login may notify on a channel, another release may print otherwise: it may have meant any row.
      options.onUnreadable?.();
      if (!unreadable) log.warn({ cause: describe(error) }, "a notification of changed rows can't be read");
      unreadable = true;
      for (const subscriber of subscribers) subscriber.missed();
    }
  };

  /** Ends before its time when the connection closes or the listener stops. */
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** One connection's life. Returns or throws when it is over. */
  const session = async () => {
    let closed = false;
    const onclose = () => {
      closed = true;
      wake();
    };
    const address = postgresAddress(url);
    // The driver takes `onnotify`, which its types leave out.
    const withHearing = {
      ...connectionOptions,
      ...address,
      answer_timeout: bounds.answerMs / 1_000,
      connection: { ...address.connection, application_name: `${name} listener` },
      onnotify,
      onclose,
    };
    const connection = postgres(withHearing);
    try {
      const listening = connection.unsafe(
        `set tcp_user_timeout = ${bounds.unsentMs}; listen ${ROWS_CHANNEL}`,
      );
      await Promise.race([listening.simple(), stopping.promise]);
      connected = !stopped;
      if (away) log.info("changed rows are heard of again");
      away = unreadable = false;
      for (const subscriber of subscribers) subscriber.missed();
      while (!closed && !stopped) {
        await rest(HEARTBEAT_MS);
        if (!closed && !stopped) await connection`select 1`;
      }
    } finally {
      connected = false;
      await connection.end({ timeout: 0 });
    }
  };

  /** Once for each time that it is away, not once for each try. */
  const warn = (cause: string) => {
    if (!stopped && !away) log.warn({ cause }, "changed rows are not heard of, connecting anew");
    away = true;
  };

  const run = async () => {
    while (!stopped) {
      try {
        await session();
        warn("the connection was closed");
      } catch (error) {
        warn(describe(error));
      }
      if (!stopped) await rest(RECONNECT_MS);
    }
  };
  const ended = run();

  return {
    connected: () => connected,
    async stop() {
      stopped = true;
      stopping.resolve();
      wake();
      await ended;
    },
  };
}

const connectionOptions = {
  max: 1,
  fetch_types: false,
  max_lifetime: null,
  connect_timeout: CONNECT_TIMEOUT_SECONDS,
  backoff: () => 0,
  onnotice: () => {},
};
