// All processes of a program, each with a dispatcher of its own, so that one with a slow provider holds up no other.
import type { Log } from "@millrace/platform/log";
import { type Metrics, shareReads } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import type { EventStore } from "@millrace/store/transact";
import { measureCalls } from "./call.ts";
import type { OpenProcess } from "./define-process.ts";
import { startDispatcher } from "./dispatcher.ts";
import { countTasks, measureTasks } from "./metrics.ts";

/** Time, in ms, that a lease outlasts the longest call: for the task's statements, with room for a slow disk. */
const LEASE_BEYOND_CALL_MS = 3_000;
/** Longest rest, in ms, between looks at the table. Due times are known and new tasks are notified, so it only catches what was lost. */
const POLL_MS = 5_000;

export interface ProcessesOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly opened: readonly OpenProcess[];
  readonly store: EventStore;
}

export interface Processes {
  /** Resolves when no task is in hand any more. */
  stop(): Promise<void>;
  notReady(): string | undefined;
  /** By name, for /readyz. Tasks are counted only while Postgres answers. */
  status(): Promise<Record<string, Record<string, unknown>>>;
}

export function startProcesses({ sql, log, metrics, opened, store }: ProcessesOptions): Processes {
  const measured = measureCalls(metrics);
  const dispatchers = new Map(
    opened.map((process) => {
      const tools = { store, log, onCall: measured(process.name) };
      const dispatcher = startDispatcher({
        sql,
        log,
        process: process.name,
        advance: (key, stopping) => process.advance(tools, key, stopping),
        keysMax: process.keysMax,
        leaseMs: process.callMsMax + LEASE_BEYOND_CALL_MS,
        pollMs: POLL_MS,
      });
      return [process.name, dispatcher] as const;
    }),
  );
  measureTasks(metrics, { sql, dispatchers });
  const counts = shareReads(() => countTasks(sql, [...dispatchers.keys()]));

  return {
    async stop() {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.stop()));
    },
    notReady() {
      for (const [name, dispatcher] of dispatchers) {
        const missing = dispatcher.notReady();
        if (missing) return `${name}: ${missing}`;
      }
      return undefined;
    },
    async status() {
      const counted = await counts().catch(() => []);
      return Object.fromEntries(
        opened.map(({ name, about }) => {
          const tasks = counted.find((each) => each.name === name);
          return [name, { ...about, ...dispatchers.get(name)?.status(), ...tasks }];
        }),
      );
    },
  };
}
