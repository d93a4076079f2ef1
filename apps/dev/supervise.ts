// Keeps one process up: says when it died and why, starts it again after a growing pause, and lets go of it
// when asked.
//
// Modes: up (waiting for its end) → down (pausing, then starting) → up; from either, `restart` ends the
// process and starts it at once, and `stop` or `kill` ends the supervision.
import { describeExit, type Exit } from "@millrace/local/child";
import { backoffMs } from "@millrace/platform/backoff";

export interface Unit {
  readonly name: string;
  readonly exited: Promise<Exit>;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  lastLines(): string[];
}

export interface Supervision {
  readonly name: string;
  /** An orderly end, then a start. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface SuperviseOptions {
  readonly say: (line: string) => void;
  readonly pauseLeastMs?: number;
  readonly pauseMostMs?: number;
  /** A process that ran this long was well: its next death is a first one. */
  readonly healthyAfterMs?: number;
}

/** Supervises a unit that has been started. */
export function supervise(unit: Unit, options: SuperviseOptions): Supervision {
  const { say, pauseLeastMs = 500, pauseMostMs = 15_000, healthyAfterMs = 10_000 } = options;
  let over = false;
  let restarting: Promise<void> | undefined;
  let wake = () => {};
  let startedAt = performance.now();
  let deaths = 0;

  async function keepUp(): Promise<void> {
    while (!over) {
      const exit = await unit.exited;
      if (over) return;
      if (restarting) await restarting;
      else await recover(exit);
    }
  }

  async function recover(exit: Exit): Promise<void> {
    deaths = performance.now() - startedAt > healthyAfterMs ? 1 : deaths + 1;
    const pauseMs = backoffMs(deaths, { firstMs: pauseLeastMs, mostMs: pauseMostMs });
    say(`${unit.name} died: ${describeExit(exit)}; starting it again in ${(pauseMs / 1000).toFixed(1)} s`);
    for (const line of unit.lastLines()) say(`  ${unit.name}: ${line}`);
    await pause(pauseMs);
    if (!over && !restarting) await start();
  }

  async function start(): Promise<void> {
    startedAt = performance.now();
    try {
      await unit.start();
      say(`${unit.name} was started again`);
    } catch {
      // Its end, which comes next, says why.
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function restart(): Promise<void> {
    await restarting;
    if (over) return;
    restarting = (async () => {
      wake();
      await unit.stop();
      deaths = 0;
      if (!over) await start();
    })().finally(() => {
      restarting = undefined;
    });
    await restarting;
  }

  async function end(how: () => Promise<void>): Promise<void> {
    over = true;
    wake();
    await how();
  }

  void keepUp();
  return {
    name: unit.name,
    restart,
    stop: () => end(() => unit.stop()),
    kill: () => end(() => unit.kill()),
  };
}
