// Millrace as its users start it: `bun run dev` on a folder and ports of its own, ended with the benchmark.
import { lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/local/ports";
import { connectPostgres } from "@millrace/platform/postgres";
import type { Bench } from "./question.ts";

export interface Stack {
  readonly commandApi: string;
  readonly queryApi: string;
  readonly console: string;
  readonly databaseUrl: string;
  readonly broker: string;
  /** What each request brings; nothing where access is open. */
  readonly headers: Readonly<Record<string, string>>;
  /** A key of each role that it has printed, by the role; none where access is open. */
  readonly keys: ReadonlyMap<string, string>;
  /** Of the launcher: every process of the stack descends from it. */
  readonly pid: number;
  stop(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Below the checkout, since elsewhere may be memory: what is durable here is durable on a disk. */
export const BENCH_DIRECTORY = join(ROOT, ".millrace/bench");
const PORTS = [
  "COMMAND_API_PORT",
  "QUERY_API_PORT",
  "CONSOLE_PORT",
  "RELAY_PORT",
  "PROJECTOR_PORT",
  "PROCESSES_PORT",
  "MILLRACE_POSTGRES_PORT",
  "MILLRACE_KAFKA_PORT",
] as const;
/** A first start on a machine may bring Kafka's jars. */
const READY_WITHIN_MS = 300_000;
/** Output that is kept to look for the addresses in. */
const PRINTED_MAX = 100_000;
/** One to ask, two to fill with. */
const CONNECTIONS_MAX = 3;

/** Runs with a stack of its own, named for its folder, and a connection to its database. @param environment beside what it needs */
export async function withBench<Result>(
  name: string,
  { seconds, say }: Pick<Bench, "seconds" | "say">,
  run: (bench: Bench) => Promise<Result>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const stack = await startStack(name, { say, environment });
  const { sql } = connectPostgres({
    url: stack.databaseUrl,
    name: "bench",
    connectionsMax: CONNECTIONS_MAX,
    answerWithinMs: 0,
  });
  try {
    return await run({ stack, sql, seconds, say });
  } finally {
    await sql.end({ timeout: 1 });
    await stack.stop();
  }
}

/** How everything that runs now is ended: launchers and peers. */
const running = new Set<() => Promise<void>>();

/** Has something ended with the stacks, unless what this answers has ended it before. */
export function endWithStacks(end: () => Promise<void>): () => Promise<void> {
  const stop = async () => {
    await end();
    running.delete(stop);
  };
  running.add(stop);
  return stop;
}

/** Ends every stack and what runs beside it, where the run is interrupted. */
export async function stopStacks(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
}

async function startStack(
  name: string,
  { say, environment }: Pick<Bench, "say"> & { readonly environment: Readonly<Record<string, string>> },
): Promise<Stack> {
  const directory = join(BENCH_DIRECTORY, name);
  shareJars(directory);
  const ports: Record<string, string> = {};
  for (const port of PORTS) ports[port] = String(await freePort());
  const launcher = Bun.spawn([process.execPath, "apps/dev/main.ts", "--fresh"], {
    cwd: ROOT,
    env: {
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      ...process.env,
      ...ports,
      DATABASE_URL: undefined,
      KAFKA_BROKERS: undefined,
      MILLRACE_DIRECTORY: directory,
      // Where infrastructure comes from Docker, its data is not that of `bun run dev` either.
      COMPOSE_PROJECT_NAME: `millrace-bench-${name}`,
      COMMAND_API_URL: `http://127.0.0.1:${ports.COMMAND_API_PORT}`,
      LOG_LEVEL: "warn",
      NO_COLOR: "1",
      ...environment,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let ready = false;
  const stop = endWithStacks(async () => {
    launcher.kill("SIGINT");
    await launcher.exited;
    // One that never came up may have found another benchmark at work there.
    if (ready) rmSync(directory, { recursive: true, force: true });
  });
  const printed = await untilReady(launcher.stdout, say).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  ready = true;
  const found = (label: string) => printed.match(new RegExp(`^ {2}${label} +(\\S+)`, "m"))?.[1] ?? "";
  return {
    commandApi: `http://127.0.0.1:${ports.COMMAND_API_PORT}`,
    queryApi: `http://127.0.0.1:${ports.QUERY_API_PORT}`,
    console: `http://127.0.0.1:${ports.CONSOLE_PORT}`,
    databaseUrl: found("Postgres"),
    broker: found("Kafka"),
    headers: {},
    keys: new Map(
      [...printed.matchAll(/^ {2}([a-z]+) +(mr_\S+)$/gm)].map(([, role, key]) => [role ?? "", key ?? ""]),
    ),
    pid: launcher.pid,
    stop,
  };
}

/** Kafka's jars are those of `bun run dev` in this checkout. */
function shareJars(directory: string): void {
  const cache = join(ROOT, ".millrace/cache");
  mkdirSync(cache, { recursive: true });
  mkdirSync(directory, { recursive: true });
  const link = join(directory, "cache");
  if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(cache, link);
}

/** What the launcher printed up to its addresses; goes on reading afterwards, so that it never blocks. */
async function untilReady(output: ReadableStream<Uint8Array>, say: (line: string) => void): Promise<string> {
  let printed = "";
  const decoder = new TextDecoder();
  const ready = Promise.withResolvers<string>();
  const read = async () => {
    for await (const chunk of output) {
      const text = decoder.decode(chunk, { stream: true });
      for (const line of text.split("\n")) if (line.trim()) say(line);
      if (printed.length < PRINTED_MAX) printed += text;
      if (/Millrace is ready/.test(printed) && /curl/.test(printed)) ready.resolve(printed);
    }
    ready.reject(new Error("bun run dev ended before it was ready"));
  };
  read().catch(ready.reject);
  const late = setTimeout(
    () => ready.reject(new Error("bun run dev was not ready in time")),
    READY_WITHIN_MS,
  );
  return ready.promise.finally(() => clearTimeout(late));
}
