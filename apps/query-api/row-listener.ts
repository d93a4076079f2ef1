// One connection a process that hears which rows have changed. Must never be relied on to hear everything:
// whenever it connects anew, subscribers are told that they may have missed some.
import postgres from "postgres";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
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
export function listenToRows({ url, log, subscribers }: ListenerOptions): RowListener {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  let connected = false;

  const onnotify = (_channel: string, payload: string) => {
    const changed = parseRowsChanged(payload);
    for (const subscriber of subscribers) subscriber.rowsChanged(changed);
  };

  /** One connection's life. Returns or throws when it is over. */
  const session = async () => {
    const closed = Promise.withResolvers<void>();
    const options = { ...connectionOptions, onnotify, onclose: () => closed.resolve() };
    const connection = postgres(url, options);
    const over = Promise.race([closed.promise, stopping.promise]).then(() => true);
    try {
      await Promise.race([connection`listen ${connection(ROWS_CHANNEL)}`, stopping.promise]);
      connected = !stopped;
      for (const subscriber of subscribers) subscriber.missed();
      while (!(await Promise.race([over, pause(HEARTBEAT_MS)]))) await within(connection`select 1`);
    } finally {
      connected = false;
      await connection.end({ timeout: 0 });
    }
  };

  const run = async () => {
    while (!stopped) {
      try {
        await session();
        if (!stopped) log.warn("the connection that hears of changed rows was closed");
      } catch (error) {
        log.warn({ cause: describe(error) }, "can't hear of changed rows");
      }
      await Promise.race([stopping.promise, pause(RECONNECT_MS)]);
    }
  };
  const ended = run();

  return {
    connected: () => connected,
    async stop() {
      stopped = true;
      stopping.resolve();
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
  connection: { application_name: "query-api listener" },
  onnotice: () => {},
};

/** Resolves false after the time; keeps no process alive. */
function pause(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}

async function within(query: Promise<unknown>): Promise<void> {
  const late = pause(HEARTBEAT_TIMEOUT_MS).then(() => {
    throw new Error(`no answer to a heartbeat within ${HEARTBEAT_TIMEOUT_MS} ms`);
  });
  await Promise.race([query, late]);
}
