// One process of the system under test, kept running as the development launcher keeps its own: whatever ends
// it, another is started after a backoff. Signals go to processes that were started here and to no others.
import { type Child, describeExit, type Exit, startChild } from "@millrace/local/child";
import type { Guard } from "@millrace/local/guard";
import { backoffMs } from "@millrace/platform/backoff";
import { eventually } from "@millrace/testing/eventually";

export type ServiceKind = "command-api" | "query-api" | "relay" | "projector" | "processes" | "console";

export interface Service {
  readonly kind: ServiceKind;
  /** `projector-2`. */
  readonly name: string;
  readonly port: number;
  pid(): number | undefined;
  /** Ends it by SIGTERM and starts no other before `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** What ended it without being asked to. */
  readonly crashes: readonly string[];
  /** SIGKILL. Another is started. */
  kill(): Promise<void>;
  /** SIGSTOP: it is there and does nothing. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** Goes on with another checkout's code, as a rollout does: SIGTERM, and the next one is started from there. */
  deploy(root: string): Promise<void>;
  /** SIGTERM. Answers how it ended and how long that took. Another is started, unless it was to leave. */
  terminate(options?: { leave: boolean }): Promise<Exit & { tookMs: number }>;
  /** Resolves once /readyz says so. */
  ready(withinMs: number): Promise<void>;
}

export interface ServiceOptions {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly port: number;
  readonly guard: Guard;
  /** Of the checkout whose code runs. */
  readonly root: string;
  /** A file that is run before the process' own. */
  readonly preload?: string | undefined;
  readonly environment: Record<string, string | undefined>;
  readonly logFile: string;
  say(line: string): void;
}

const BACKOFF = { firstMs: 200, mostMs: 5_000 };
/** A process that has lived this long starts its backoff anew. */
const HEALTHY_MS = 10_000;
/** Longer than any drain is allowed to be: what overruns it is a failure that the caller sees. */
const TERMINATE_WITHIN_MS = 60_000;

export function startService(options: ServiceOptions): Service {
  const { name, port, say } = options;
  const preload = options.preload ? ["--preload", options.preload] : [];
  let { root } = options;
  let child: Child | undefined;
  let asked: "to end" | "to leave" | undefined;
  let paused = false;
  let deaths = 0;
  const crashes: string[] = [];

  const start = () => {
    if (asked === "to leave" || paused || child) return;
    asked = undefined;
    const startedAt = Date.now();
    const started = startChild({
      command: [process.execPath, ...preload, `apps/${options.kind}/main.ts`],
      guard: options.guard,
      cwd: root,
      environment: options.environment,
      output: { file: options.logFile },
    });
    child = started;
    void started.exited.then((exit) => {
      child = undefined;
      if (asked === undefined) {
        crashes.push(describeExit(exit));
        say(`${name} ended by itself: ${describeExit(exit)}`);
      }
      deaths = Date.now() - startedAt > HEALTHY_MS ? 1 : deaths + 1;
      setTimeout(start, backoffMs(deaths, BACKOFF));
    });
  };
  const signal = (which: NodeJS.Signals) => {
    if (child) process.kill(child.pid, which);
  };

  start();
  return {
    kind: options.kind,
    name,
    port,
    crashes,
    pid: () => child?.pid,
    async pause() {
      paused = true;
      asked = "to end";
      await child?.stop(TERMINATE_WITHIN_MS);
    },
    resume() {
      paused = false;
      start();
    },
    async kill() {
      asked ??= "to end";
      await child?.kill();
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async deploy(next) {
      root = next;
      asked = "to end";
      await child?.stop(TERMINATE_WITHIN_MS);
    },
    async terminate({ leave } = { leave: false }) {
      asked = leave ? "to leave" : "to end";
      const startedAt = performance.now();
      const exit = (await child?.stop(TERMINATE_WITHIN_MS)) ?? { code: null, signal: "it was not running" };
      return { ...exit, tookMs: Math.round(performance.now() - startedAt) };
    },
    ready: (withinMs) =>
      eventually(
        async () => {
          const response = await fetch(`http://127.0.0.1:${port}/readyz`);
          if (!response.ok) throw new Error(`${name} is not ready: ${await response.text()}`);
        },
        { withinMs, everyMs: 50 },
      ),
  };
}
