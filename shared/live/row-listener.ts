// One connection a process that hears which rows have changed. Must never be relied on to hear everything:
// whenever it connects anew, subscribers are told that they may have missed some.
import postgres from "postgres";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { postgresAddress } from "@millrace/platform/postgres-address";
import { parseRowsChanged, ROWS_CHANNEL, type RowsChanged } from "@millrace/read-models/row-changes";

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
}

/** Between tries while Postgres is away. */
const RECONNECT_MS = 250;
/** Between looks at whether the connection still answers; a network that swallows packets closes nothing. */
const HEARTBEAT_MS = 15_000;
/** A heartbeat that takes longer counts as a lost connection. */
const HEARTBEAT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_SECONDS = 5;

/** Listens until stopped; a lost connection is replaced. */
export function listenToRows({ url, name, log, subscribers }: ListenerOptions): RowListener {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  let connected = false;
  let told = false;
  let wake = () => {};

  const onnotify = (_channel: string, payload: string) => {
    try {
      const changed = parseRowsChanged(payload);
      for (const subscriber of subscribers) subscriber.rowsChanged(changed);
    } catch (error) {
      // Anybody may notify on a channel: what can't be read may have meant any row.
      log.warn({ cause: describe(error) }, "a notification of changed rows can't be read");
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
    const { url: address, way } = postgresAddress(url);
    const options = {
      ...connectionOptions,
      connection: { application_name: `${name} listener` },
      ...way,
      onnotify,
      onclose,
    };
    const connection = postgres(address, options);
    try {
      await Promise.race([connection`listen ${connection(ROWS_CHANNEL)}`, stopping.promise]);
      connected = !stopped;
      if (told) log.info("changed rows are heard of again");
      told = false;
      for (const subscriber of subscribers) subscriber.missed();
      while (!closed && !stopped) {
        await rest(HEARTBEAT_MS);
        if (!closed && !stopped) await within(connection`select 1`, HEARTBEAT_TIMEOUT_MS);
      }
    } finally {
      connected = false;
      await connection.end({ timeout: 0 });
    }
  };

  /** Once for each time that it is away, not once for each try. */
  const tell = (cause: string) => {
    if (!stopped && !told) log.warn({ cause }, "changed rows are not heard of, connecting anew");
    told = true;
  };

  const run = async () => {
    while (!stopped) {
      try {
        await session();
        tell("the connection was closed");
      } catch (error) {
        tell(describe(error));
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

async function within(query: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer to a heartbeat within ${ms} ms`)), ms);
  try {
    await Promise.race([query, late]);
  } finally {
    clearTimeout(timer);
  }
}
