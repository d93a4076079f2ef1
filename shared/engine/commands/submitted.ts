// Commands taken with 202: run in the background, by this process or by whichever finds them unfinished.
// Must never decide one twice: the process that comes second finds the answer under the command's key.
import { backoffMs } from "@millrace/platform/backoff";
import type { Log } from "@millrace/platform/log";
import { type KeptCommand, unfinishedCommand, unfinishedCommands } from "@millrace/store/commands";
import { streamOf } from "./batch.ts";
import type { Executor } from "./execute.ts";
import { readKeptRequest } from "./kept-request.ts";
import { createPatience } from "./patience.ts";
import { type Submitted, tryOnce } from "./submitted-try.ts";
import { createTurns } from "./turns.ts";

export interface Runner {
  /** Whether as much is taken as may wait: callers get 503 then, before anything is stored for them. */
  isFull(): boolean;
  /** Takes a stored command to be run soon. Past the bound it is left for a later sweep. */
  offer(command: KeptCommand): void;
  start(): void;
  /** Resolves when nothing is being run. What was not begun stays stored, for the next process. */
  stop(): Promise<void>;
  /** Commands taken and not finished. */
  depth(): number;
}

/** Side by side: enough to fill append batches, few enough to leave room for those who wait for an answer. */
const RUN_AT_ONCE_MAX = 64;
/** Taken and not yet run; the rest wait in Postgres. */
export const TAKEN_MAX = 5_000;
/** Length of their requests as they are stored: of usual ones thousands, of the largest some sixteen. */
const TAKEN_SIZE_MAX = 8_388_608;
const SWEEP_INTERVAL_MS = 5_000;
/** Younger ones are most likely being run by the process that took them. */
const ABANDONED_AFTER_MS = 10_000;
/** Commands that one sweep takes up, one after the other. */
const SWEEP_MOST = 500;
/** Between sweeps at the start, in ms, while one leaves others. */
const SWEEP_ON_MS = 100;
/** Rests, in ms, between the tries of one command. */
const BACKOFF = { firstMs: 100, mostMs: 5_000 };

export function createRunner(executor: Executor, log: Log): Runner {
  const at = { executor, log };
  const turns = createTurns(TAKEN_MAX);
  /** Apart from the turns: a command that waits for its next try keeps its streams' turn, and nobody from running. */
  const tries = createTurns(RUN_AT_ONCE_MAX);
  const taken = new Map<string, Promise<void>>();
  let size = 0;
  const stop = Promise.withResolvers<void>();
  let stopping = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let sweeping: Promise<void> = Promise.resolve();

  const isFull = () => taken.size >= TAKEN_MAX || size >= TAKEN_SIZE_MAX;
  /** Those of former processes were taken first, so that they have their turns before what is offered meanwhile. */
  let swept: Promise<void> | undefined;
  const take = (command: KeptCommand, after?: Promise<void>) => {
    if (stopping || taken.has(command.id) || isFull()) return;
    const request = readKeptRequest(command.request);
    if (!request) {
      log.warn({ commandId: command.id }, "a submitted command is in no form that this version reads; left");
      return;
    }
    const submitted = { id: command.id, request };
    size += command.size;
    const running = (after ? after.then(() => runInTurn(submitted)) : runInTurn(submitted)).finally(() => {
      taken.delete(command.id);
      size -= command.size;
    });
    taken.set(command.id, running);
  };

  /** Commands on one stream run in the order they were taken, each after the one before it has its outcome. */
  const runInTurn = async (command: Submitted) => {
    const { writes } = command.request;
    const patience = createPatience();
    await turns.run(writes.map(streamOf), async () => {
      for (let failures = 1; !stopping; failures++) {
        if (await tries.run([], () => tryOnce(at, command, patience))) return;
        await Promise.race([Bun.sleep(backoffMs(failures, BACKOFF)), stop.promise]);
      }
    });
  };

  /** Answers whether no others are left. */
  const sweep = async (olderThanMs: number): Promise<boolean> => {
    const { sql } = executor;
    const except = [...taken.keys()];
    try {
      const ids = isFull() ? [] : await unfinishedCommands(sql, { olderThanMs, except, most: SWEEP_MOST });
      // One at a time: as many requests as there are ids may be more than there is room for.
      for (const id of ids) {
        if (stopping || isFull()) break;
        const command = await unfinishedCommand(sql, id);
        if (command) take(command);
      }
      return ids.length < SWEEP_MOST;
    } catch (error) {
      log.warn({ err: error }, "could not look for unfinished commands");
      return false;
    }
  };
  /** Until none is left, or there is no more room for them. */
  const sweepAll = async () => {
    while (!(await sweep(0)) && !stopping && !isFull()) {
      await Promise.race([Bun.sleep(SWEEP_ON_MS), stop.promise]);
    }
    swept = undefined;
  };

  return {
    isFull,
    offer: (command) => take(command, swept),
    start() {
      // Those of a process that died a moment ago are taken up at once; if it lives, the key decides.
      swept = sweepAll();
      sweeping = swept;
      timer = setInterval(() => {
        sweeping = sweeping.then(() => sweep(ABANDONED_AFTER_MS)).then(() => {});
      }, SWEEP_INTERVAL_MS);
    },
    async stop() {
      stopping = true;
      stop.resolve();
      clearInterval(timer);
      await sweeping;
      await Promise.all(taken.values());
    },
    depth: () => taken.size,
  };
}
