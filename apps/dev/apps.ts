// Millrace's processes: which there are, how each is started, and when it is ready.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Child, type Exit, startChild } from "@millrace/local/child";
import type { Guard } from "@millrace/local/guard";
import { isPortFree, portHolder } from "@millrace/local/ports";
import type { Config } from "@millrace/platform/config";
import type { Settings } from "./settings.ts";
import type { Unit } from "./supervise.ts";

type PortVariable = Extract<keyof Config, `${string}_PORT`>;

export interface App {
  readonly name: string;
  /** Name of its process: those of all apps in it. */
  readonly process: string;
  /** apps/relay */
  readonly folder: string;
  readonly portVariable: PortVariable;
  readonly port: number;
}

/**
 * Processes with their apps. Each app could have one of its own, and has where it is deployed; but two cores that hold
 * all of Millrace, Kafka and Postgres serve fewer processes better: what one has in the caches the next must bring again,
 * and threads wait for each other (shared/decisions/apps-share-processes-here.md).
 */
const PROCESSES: { name: string; portVariable: PortVariable }[][] = [
  [
    { name: "command-api", portVariable: "COMMAND_API_PORT" },
    { name: "relay", portVariable: "RELAY_PORT" },
  ],
  [
    { name: "projector", portVariable: "PROJECTOR_PORT" },
    { name: "processes", portVariable: "PROCESSES_PORT" },
  ],
  [
    { name: "query-api", portVariable: "QUERY_API_PORT" },
    { name: "console", portVariable: "CONSOLE_PORT" },
  ],
];

/**
 * Bun gives memory that is free inside used pages back to the system whenever it is about to wait, which under load
 * means to take it again a moment later: a tenth of a command. In milliseconds, the least between two such rounds. And
 * each of its threads, two dozen here, looks once a second whether it should collect, however idle: what a burst leaves
 * is collected by platform/tidy.ts, and all else when the heap has grown. The last of its compilers takes a core for
 * 10 ms and more at a time, in each thread anew, and makes a command no cheaper: a command that came then waited for that.
 * And it lets a heap grow by the memory of the machine, not of a container: 2,000 readers of large pages made the query
 * API 520 MB on a machine of 24 GB, and 133 where it takes the machine's to be 384. A process that has four fifths of
 * that collects at every turn: where the projector shares its process with the processes, a command cost the two 47 µs at
 * 384 and 32 at 512. Threads that help to mark take turns with those that work where there are two cores: 3 µs a command.
 * The image sets the same.
 */
export const BUN_ENVIRONMENT = {
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: "2500",
  BUN_GC_TIMER_DISABLE: "1",
  BUN_JSC_useFTLJIT: "0",
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_JSC_forceRAMSize: "536870912",
};

/** Time, in ms, that an app gets beyond its own bound for draining, before it is killed. */
const STOP_MARGIN_MS = 2_000;
/** Longest wait, in ms, for a started process to be ready: a first start compiles and joins consumer groups. */
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
const ANSWER_WITHIN_MS = 2_000;
/** Longest wait, in ms, for ports after a crashed run: its guard may still be ending the processes that hold them. */
const PORTS_FREED_WITHIN_MS = 9_000;

export function presentApps({ root, config }: Settings): App[] {
  const isPresent = ({ name }: { name: string }) => existsSync(join(root, "apps", name, "main.ts"));
  return PROCESSES.map((apps) => apps.filter(isPresent)).flatMap((apps) =>
    apps.map(({ name, portVariable }) => ({
      name,
      process: apps.map((app) => app.name).join("+"),
      portVariable,
      folder: `apps/${name}`,
      port: config[portVariable],
    })),
  );
}

export function hostOf({ name }: App, config: Config): string {
  return name === "console" ? (config.CONSOLE_HOST ?? config.HOST) : config.HOST;
}

/** @throws naming every port that is taken, its holder and the variable to set. */
export async function requirePorts(apps: App[], host: string, afterCrash: boolean): Promise<void> {
  const deadline = Date.now() + (afterCrash ? PORTS_FREED_WITHIN_MS : 0);
  for (;;) {
    const taken = await takenPorts(apps, host);
    if (taken.length === 0) return;
    if (Date.now() >= deadline) throw new Error(taken.map(portMessage).join("\n"));
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** One sentence: what can't start, because of whom, and what to do. */
export function portMessage(app: App): string {
  const holder = portHolder(app.port) ?? "another program";
  return `${app.name} can't listen on port ${app.port}, which is held by ${holder}: set ${app.portVariable} to a free port`;
}

/** A process as something to supervise. Its start is over when it runs; `ready` tells when an app in it serves. */
export function processUnit(name: string, apps: readonly App[], tools: AppTools): Unit {
  let child: Child | undefined;
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });
  return {
    name,
    get exited() {
      return exited;
    },
    start: async () => {
      child = startChild({
        command: [process.execPath, "apps/dev/host.ts", ...apps.map((app) => app.name)],
        guard: tools.guard,
        cwd: tools.root,
        environment: { ...BUN_ENVIRONMENT, ...tools.environment },
        output: {
          line: (line) => {
            tools.line(name, line);
          },
        },
      });
      exited = child.exited;
    },
    stop: async () => {
      await child?.stop(tools.drainMs + STOP_MARGIN_MS);
    },
    kill: async () => {
      await child?.kill();
    },
    // All lines were shown as they came.
    lastLines: () => [],
  };
}

export interface AppTools {
  readonly guard: Guard;
  readonly root: string;
  readonly environment: Record<string, string | undefined>;
  readonly drainMs: number;
  readonly line: (name: string, line: string) => void;
}

/** Resolves when /readyz says 200. @throws past the bound, with what it said last. */
export async function ready(app: App, host: string): Promise<void> {
  const address = host === "0.0.0.0" ? "127.0.0.1" : host;
  const deadline = Date.now() + READY_WITHIN_MS;
  let said: string | undefined;
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(`http://${address}:${app.port}/readyz`, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (answer.ok) return;
      said = await answer.text();
    } catch {
      // Not listening yet.
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
  const why = said === undefined ? "it does not answer, and its lines above say why" : missingIn(said);
  throw new Error(
    `${app.name} is not ready after ${READY_WITHIN_MS / 1000} s: ${why}. It goes on trying; http://${address}:${app.port}/readyz says when it is`,
  );
}

/** What an app lacks, in its own words. */
function missingIn(answer: string): string {
  try {
    return (JSON.parse(answer) as { missing?: string }).missing ?? answer;
  } catch {
    return answer;
  }
}

async function takenPorts(apps: App[], host: string): Promise<App[]> {
  const free = await Promise.all(apps.map((app) => isPortFree(app.port, host)));
  return apps.filter((_, index) => !free[index]);
}
