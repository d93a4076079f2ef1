// The life of an embedded server, the same for Postgres and Kafka: started until ready, stopped, killed,
// started again on the same data.
import { statSync } from "node:fs";
import { type Child, describeExit, type Exit } from "./child.ts";

export interface EmbeddedServer {
  readonly name: string;
  /** Where it logs to. */
  readonly logFile: string;
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
  readonly logFile: string;
  readonly startWithinMs: number;
  readonly stopWithinMs: number;
  /** Clears what an earlier run left and starts the process. */
  launch(): Promise<Child>;
  /** Whether it serves; `logFrom` is where this start's part of the log begins, in bytes. */
  isReady(child: Child, logFrom: number): boolean;
}

const LOOK_EVERY_MS = 10;

export function embeddedServer(parts: ServerParts): EmbeddedServer {
  let child: Child | undefined;
  let latest: Child | undefined;
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });

  async function start(): Promise<void> {
    if (child) throw new Error(`${parts.name} runs already, as pid ${child.pid}`);
    const logFrom = sizeOf(parts.logFile);
    const started = await parts.launch();
    child = started;
    latest = started;
    exited = started.exited.then((exit) => {
      child = undefined;
      return exit;
    });
    const ended = started.exited.then((exit) => `ended with ${describeExit(exit)}`);
    const failure = await Promise.race([ended, becomesReady(started, logFrom)]);
    if (failure === undefined) return;
    await started.kill();
    throw new Error(`${parts.name} ${failure}; its last lines:\n  ${started.lastLines().join("\n  ")}`);
  }

  async function becomesReady(started: Child, logFrom: number): Promise<string | undefined> {
    const deadline = Date.now() + parts.startWithinMs;
    while (Date.now() < deadline) {
      if (parts.isReady(started, logFrom)) return undefined;
      await Bun.sleep(LOOK_EVERY_MS);
    }
    return `was not ready within ${parts.startWithinMs} ms`;
  }

  return {
    name: parts.name,
    logFile: parts.logFile,
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

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
