// For tests: processes on a real Postgres, in which what Kafka would do is done by hand: `deliver` gives a stream's events to
// a process's handlers as its topic would. Must never stand in for the dispatcher or for what is called outside.
import { parseStreamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { toRecord } from "@millrace/kafka/event-record";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Tx } from "@millrace/platform/postgres";
import { type Appender, createAppender } from "@millrace/store/appender";
import { createLoader } from "@millrace/store/load";
import { createStreamQueues } from "@millrace/store/stream-queues";
import type { EventStore } from "@millrace/store/transact";
import { advance } from "../advance.ts";
import type { Process } from "../define-process.ts";
import { type Dispatcher, type DispatcherOptions, startDispatcher } from "../dispatcher.ts";
import type { Opened, ProcessDefinition, Requests, Streams } from "../process.ts";

export interface Shift
  extends Partial<Pick<DispatcherOptions, "keysMax" | "leaseMs" | "pollMs" | "pauseMsMax">> {
  readonly callMsMax?: number | undefined;
  /** Around the stage's own. */
  readonly appender?: (own: Appender) => Appender;
  /** ISO 8601; this machine's time where it is left out. */
  readonly now?: () => string;
}

export type Stage = ReturnType<typeof openStage>;

export function openStage(databaseUrl: string) {
  const { sql, db } = connectPostgres({ url: databaseUrl, name: "processes-test", connectionsMax: 8 });
  const store: EventStore = {
    appender: createAppender(sql, {
      queueMax: 1_000,
      queueBytesMax: 10_000_000,
      batchMax: 100,
      flightsMax: 2,
    }),
    loader: createLoader(sql),
    now: () => new Date().toISOString(),
    queues: createStreamQueues({ waitingMax: 1_000 }),
    raceMsMax: 5_000,
  };
  const log = createLog("processes-test", "silent");
  const dispatchers: Dispatcher[] = [];

  return {
    sql,
    db,
    store,

    /**
     * The stream's events reach the process's handlers, all of them, however often before. `look` sees what that leaves,
     * before a dispatcher does.
     */
    async deliver(
      { handlers }: Process,
      stream: string,
      look: (tx: Tx) => Promise<void> = async () => {},
    ): Promise<void> {
      const events = await store.loader.load(stream);
      const records = events.map((event, offset) => {
        const { key, value, headers } = toRecord(event);
        return { partition: 0, offset, key, value, headers, timestamp: "0" };
      });
      const topic = topicOf(parseStreamName(stream).category);
      const own = handlers.filter((handler) => handler.topic === topic);
      await db.transaction(async (tx) => {
        for (const handler of own) await handler.apply(tx, records);
        await look(tx);
      });
    },

    dispatch<S extends Streams, R extends Requests, Settings>(
      definition: ProcessDefinition<S, R, Settings>,
      opened: Pick<Opened<S, R, Settings>, "settings" | "calls">,
      { callMsMax = 200, appender = (own) => own, now = store.now, ...bounds }: Shift = {},
    ): Dispatcher {
      // As in a program of its own.
      const own: EventStore = {
        ...store,
        now,
        appender: appender(store.appender),
        queues: createStreamQueues({ waitingMax: 1_000 }),
      };
      const runtime = { definition, opened: { keysMax: 1, callMsMax, ...opened }, store: own, log };
      const dispatcher = startDispatcher({
        sql,
        log,
        process: definition.name,
        advance: (key, stopping) => advance(runtime, key, stopping),
        ...{ keysMax: 8, leaseMs: 1_000, pollMs: 100, ...bounds },
      });
      dispatchers.push(dispatcher);
      return dispatcher;
    },

    async tasks(): Promise<number> {
      const [row] = await sql<{ tasks: number }[]>`select count(*)::integer as tasks from process_tasks`;
      return row?.tasks ?? 0;
    },

    async close(): Promise<void> {
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
      await sql.end({ timeout: 1 });
    },
  };
}
