// Millrace as its users start it: `bun run dev` on a folder and ports of its own, ended with the benchmark.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/infrastructure/ports";

export interface Stack {
  readonly commandApi: string;
  readonly queryApi: string;
  readonly databaseUrl: string;
  readonly broker: string;
  /** Of the launcher: every process of the stack descends from it. */
  readonly pid: number;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PORTS = ["COMMAND_API", "QUERY_API", "CONSOLE", "RELAY", "PROJECTOR", "PAYMENTS"] as const;
/** A first start on a machine may bring Kafka's jars. */
const READY_WITHIN_MS = 300_000;

export async function startStack(say: (line: string) => void): Promise<Stack> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  chmodSync(directory, 0o755);
  const ports: Record<string, string> = {};
  for (const name of PORTS) ports[`${name}_PORT`] = String(await freePort());
  const launcher = Bun.spawn([process.execPath, "apps/dev/main.ts"], {
    cwd: ROOT,
    env: {
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      ...process.env,
      ...ports,
      DATABASE_URL: undefined,
      KAFKA_BROKERS: undefined,
      MILLRACE_DIRECTORY: directory,
      COMMAND_API_URL: `http://127.0.0.1:${ports.COMMAND_API_PORT}`,
      LOG_LEVEL: "warn",
      NO_COLOR: "1",
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const printed = await untilReady(launcher.stdout, say);
  const found = (label: string) => printed.match(new RegExp(`^ {2}${label} +(\\S+)`, "m"))?.[1] ?? "";
  return {
    commandApi: `http://127.0.0.1:${ports.COMMAND_API_PORT}`,
    queryApi: `http://127.0.0.1:${ports.QUERY_API_PORT}`,
    databaseUrl: found("Postgres"),
    broker: found("Kafka"),
    pid: launcher.pid,
    async stop() {
      launcher.kill("SIGINT");
      await launcher.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
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
      if (printed.length < 100_000) printed += text;
      if (/Millrace is ready/.test(printed) && /curl/.test(printed)) ready.resolve(printed);
    }
    ready.reject(new Error("bun run dev ended before it was ready"));
  };
  read().catch(ready.reject);
  const late = Bun.sleep(READY_WITHIN_MS).then(() =>
    Promise.reject(new Error("bun run dev was not ready in time")),
  );
  return Promise.race([ready.promise, late]);
}
