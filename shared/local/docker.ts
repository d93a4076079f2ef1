// Docker as a source of Postgres and Kafka: whether it answers, and the services of compose.yaml.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Exit, startChild } from "./child.ts";
import type { Guard } from "./guard.ts";
import type { OwnedServer } from "./server.ts";

/** Longest wait, in ms, for Docker's daemon. It answers within milliseconds; one that hangs must not hold up the start. */
const ANSWER_WITHIN_MS = 3_000;
/** Lines kept of what compose prints when a service does not come up. */
const LAST_LINES = 15;

/** Whether a Docker engine answers on this machine. */
export async function dockerAnswers(): Promise<boolean> {
  if (!Bun.which("docker")) return false;
  const probe = Bun.spawn(["docker", "version", "--format", "{{.Server.Version}}"], {
    stdio: ["ignore", "ignore", "ignore"],
    timeout: ANSWER_WITHIN_MS,
  });
  return (await probe.exited) === 0;
}

/** Whether the checkout describes services for Docker. */
export function hasComposeFile(root: string): boolean {
  return existsSync(join(root, "compose.yaml"));
}

export interface ComposeServiceOptions {
  /** Where compose.yaml is. */
  readonly root: string;
  /** The service's name in compose.yaml. */
  readonly service: string;
  readonly guard: Guard;
  /** Values of the variables that compose.yaml reads. */
  readonly environment: Record<string, string>;
}

/** Starts a service and resolves when it is healthy. @throws when it doesn't come up, with what compose said. */
export async function startComposeService(options: ComposeServiceOptions): Promise<OwnedServer> {
  const { root, service } = options;
  let exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });
  let said: string[] = [];
  const run = async (...words: string[]) => {
    const outcome = await docker(["compose", ...words], options);
    said = outcome.code === 0 ? [] : outcome.lines;
    if (outcome.code !== 0)
      throw new Error(`docker compose ${words.join(" ")} failed:\n  ${said.join("\n  ")}`);
    return outcome.lines;
  };

  async function start(): Promise<void> {
    await inTurn(() => run("up", "-d", service));
    await run("up", "-d", "--wait", service);
    const [container = ""] = await run("ps", "-q", service);
    exited = endOf(container, options);
  }

  // Containers belong to Docker's daemon, so they outlive our process unless the guard stops them.
  options.guard.runAtEnd(["docker", "compose", "stop", service], root);
  await start();
  return {
    name: service === "kafka" ? "Kafka" : "Postgres",
    pid: undefined,
    get exited() {
      return exited;
    },
    start,
    stop: async () => {
      await run("stop", service);
    },
    kill: async () => {
      await run("kill", service);
    },
    lastLines: () => said,
  };
}

/** The port of this machine on which a running service is published; undefined when it does not run. */
export async function composePort(
  daemon: Daemon,
  service: string,
  port: number,
): Promise<number | undefined> {
  const { code, lines } = await docker(["compose", "port", service, String(port)], daemon);
  return code === 0 ? Number(lines[0]?.split(":").pop()) || undefined : undefined;
}

/** Removes every container of the project, and its data. */
export async function removeComposeData(daemon: Daemon): Promise<void> {
  const { code, lines } = await docker(["compose", "down", "--volumes"], daemon);
  if (code !== 0) throw new Error(`docker compose down failed:\n  ${lines.join("\n  ")}`);
}

/** The first `up` makes the network, which two at once would both try. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine;
  return mine;
}

/** When the container ends, in the words of a process. */
async function endOf(container: string, { root, guard }: Daemon): Promise<Exit> {
  const { code, lines } = await docker(["wait", container], { root, guard });
  return { code: code === 0 ? Number(lines.at(-1)) : code, signal: null };
}

interface Daemon {
  readonly root: string;
  readonly guard: Guard;
  readonly environment?: Record<string, string>;
}

/** In a session of its own, so that a Ctrl-C in the terminal reaches only us. */
async function docker(
  words: readonly string[],
  { root, guard, environment }: Daemon,
): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const child = startChild({
    command: ["docker", ...words],
    guard,
    cwd: root,
    environment: { ...process.env, ...environment },
    output: { line: (line) => lines.push(line) },
  });
  const { code } = await child.exited;
  return { code: code ?? 1, lines: lines.slice(-LAST_LINES) };
}
