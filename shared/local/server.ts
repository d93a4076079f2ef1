// The life of a server that we own: started until it is ready, stopped, killed, started again on the same data.
import { type Child, describeExit, type Exit } from "./child.ts";

export interface OwnedServer {
  readonly name: string;
  /** Of the running process; undefined when it is down. */
  readonly pid: number | undefined;
  /** When the process of the last start has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  /** Resolves when it serves. @throws when it ended or was not ready in time, with its last lines. */
  start(): Promise<void>;
  /** An orderly end within a bound. */
  stop(): Promise<void>;
  /** SIGKILL, for tests of recovery and for haste. */
  kill(): Promise<void>;
  lastLines(): string[];
}

export interface ServerParts {
  readonly name: string;
  readonly startWithinMs: number;
  readonly stopWithinMs: number;
  /** Clears what an earlier run left and starts the process. */
  launch(): Promise<Child>;
  /** Whether it serves. */
  isReady(child: Child): boolean;
}

const LOOK_EVERY_MS = 10;

export function ownedServer(parts: ServerParts): OwnedServer {
  let child: Child | undefined;
  let latest: Child | undefined;
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });

  async function start(): Promise<void> {
    if (child) throw new Error(`${parts.name} runs already, as pid ${child.pid}`);
    const started = await parts.launch();
    child = started;
    latest = started;
    exited = started.exited.then((exit) => {
      child = undefined;
      return exit;
    });
    const ended = started.exited.then((exit) => `ended with ${describeExit(exit)}`);
    const failure = await Promise.race([ended, becomesReady(started)]);
    if (failure === undefined) return;
    await started.kill();
    throw new Error(`${parts.name} ${failure}; its last lines:\n  ${started.lastLines().join("\n  ")}`);
  }

  async function becomesReady(started: Child): Promise<string | undefined> {
    const deadline = Date.now() + parts.startWithinMs;
    while (Date.now() < deadline) {
      if (parts.isReady(started)) return undefined;
      await Bun.sleep(LOOK_EVERY_MS);
    }
    return `did not serve within ${parts.startWithinMs / 1_000} s of its start, and was ended: the machine may have too much to do`;
  }

  return {
    name: parts.name,
    get pid() {
      return child?.pid;
    },
    get exited() {
      return exited;
    },
    start,
    stop: async () => {
      await child?.stop(parts.stopWithinMs);
      await exited;
    },
    kill: async () => {
      await child?.kill();
      await exited;
    },
    lastLines: () => latest?.lastLines() ?? [],
  };
}
