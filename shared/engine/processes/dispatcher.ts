// The dispatcher of one process: due tasks in, each taken as far as it can be, no more than `keysMax` at once.
// Must never hold a transaction over a call; what holds a task meanwhile is its lease.
//
// resting    nothing is due; woken by a notification, the next due time or the slow net
// claiming   leasing as many due tasks as there is room for
// full       every place is taken; the first that ends claims again
// stopping   nothing new; a task under way ends its step and is handed back

import { backoffMs } from "@millrace/platform/backoff";
import { ringOn } from "@millrace/platform/bell";
import { describe, isRetryable } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { inRounds } from "@millrace/platform/rounds";
import type { Advance } from "./advance.ts";
import { TASKS_CHANNEL } from "./task-handler.ts";
import { type ClaimedTask, claimTasks, finishTask, nextTaskInMs, postponeTask, stickTask } from "./tasks.ts";

export interface DispatcherOptions {
  readonly sql: Sql;
  readonly log: Log;
  /** The process's name. */
  readonly process: string;
  /** Takes a key as far as it can be taken. */
  advance(key: string, stopping: AbortSignal): Promise<Advance>;
  /** Tasks worked on at once, each in at most one call. */
  readonly keysMax: number;
  /** How long, in ms, a claimed task is leased: a crash delays it by at most that. */
  readonly leaseMs: number;
  /** Longest rest, in ms, when nothing wakes the dispatcher. It finds tasks whose notification was lost or whose lease ended. */
  readonly pollMs: number;
  /** The longest pause before an unclear outcome is asked about again; a minute where none is given. */
  readonly pauseMsMax?: number | undefined;
}

export interface Dispatcher {
  /** Resolves when no task is in hand any more. */
  stop(): Promise<void>;
  status(): { readonly working: number; readonly keysMax: number; readonly lastFailure: string | undefined };
  notReady(): string | undefined;
}

/** Pause, in ms, before Postgres is asked again after it failed. */
const RETRY_MS = 1_000;
/** The pause before an unclear outcome is asked about again: 0.25, 0.5, 1 s and so on, for ever. */
const PAUSE_FIRST_MS = 250;
/** A provider that was away for hours is asked again within a minute of its return. */
const PAUSE_MS_MAX = 60_000;

export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { sql, process } = options;
  const log = options.log.child({ of: process });
  const stopping = new AbortController();
  const working = new Set<Promise<void>>();
  let lastFailure: string | undefined = "Postgres has not been reached yet";
  let full = false;

  /** Takes up due tasks while there is room. Answers for how many ms there is nothing more to do. */
  const claim = async (): Promise<number> => {
    const room = options.keysMax - working.size;
    full = room === 0;
    if (full) return options.pollMs;
    const tasks = await claimTasks(sql, { process, most: room, leaseMs: options.leaseMs });
    lastFailure = undefined;
    for (const task of tasks) takeUp(task);
    full = tasks.length === room;
    if (full) return options.pollMs;
    return Math.min((await nextTaskInMs(sql, process)) ?? options.pollMs, options.pollMs);
  };

  const takeUp = (task: ClaimedTask) => {
    const work = workOn(task, { ...options, log }, stopping.signal)
      .catch((error) => {
        log.warn(
          { key: task.key, cause: describe(error) },
          "a process task could not be handed back, its lease will end",
        );
        return false;
      })
      .then((again) => {
        working.delete(work);
        if (again || full) rounds.ring();
      });
    working.add(work);
  };

  const rounds = inRounds(claim, {
    everyMs: RETRY_MS,
    onFailure(error) {
      lastFailure = describe(error);
      log.warn({ cause: lastFailure }, "process tasks can't be claimed, trying again");
    },
  });
  ringOn(sql, TASKS_CHANNEL, rounds, log);

  return {
    async stop() {
      stopping.abort();
      await rounds.stop();
      await Promise.all(working);
    },
    status: () => ({ working: working.size, keysMax: options.keysMax, lastFailure }),
    notReady: () =>
      lastFailure &&
      `its tasks can't be claimed from Postgres: ${lastFailure}. They are kept there, and claiming is tried again every second`,
  };
}

/** Takes a task as far as it can be taken, and hands it back. Answers whether there is a reason to look at the table again. */
async function workOn(
  task: ClaimedTask,
  { sql, log, advance, pauseMsMax: mostMs = PAUSE_MS_MAX }: DispatcherOptions,
  stopping: AbortSignal,
): Promise<boolean> {
  const pauseMs = backoffMs(task.attempts, { firstMs: PAUSE_FIRST_MS, mostMs });
  const came = await advance(task.key, stopping).catch((error) => {
    const fields = { key: task.key, attempts: task.attempts, cause: describe(error) };
    log[isRetryable(error) ? "warn" : "error"](fields, "a process could not go on, trying again");
    return { end: "failed", failure: fields.cause } as const;
  });
  switch (came.end) {
    case "done":
      return !(await finishTask(sql, task));
    case "stuck":
      log.error({ key: task.key, reason: came.reason }, "a process is stuck and waits for a person");
      await stickTask(sql, task, came.reason);
      return false;
    case "interrupted":
      await postponeTask(sql, task, { pauseMs: 0 });
      return true;
    case "unclear":
      await postponeTask(sql, task, { pauseMs });
      return true;
    case "failed":
      await postponeTask(sql, task, { pauseMs, failure: came.failure });
      return true;
    case "waiting":
      await postponeTask(sql, task, { pauseMs: came.forMs, waitingFor: came.waitingFor });
      return true;
  }
}
