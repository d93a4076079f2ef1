// For tests: the command line as an operator runs it, a process of its own.
import { fileURLToPath } from "node:url";
import type { System } from "../chaos/system/system.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  readonly json: any;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export function opsEnvironment({ urlOf, kafka }: Pick<System, "urlOf" | "kafka">) {
  // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
  return { ...process.env, DATABASE_URL: urlOf("ops"), KAFKA_BROKERS: kafka.broker };
}

export function spawnOps(environment: Record<string, string | undefined>, words: readonly string[]) {
  return Bun.spawn([process.execPath, "apps/ops/main.ts", ...words], {
    cwd: ROOT,
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

export async function runOps(
  environment: Record<string, string | undefined>,
  ...words: readonly string[]
): Promise<Ended> {
  const child = spawnOps(environment, words);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err, json: words.includes("--json") ? parsed(out) : undefined };
}

/** One value, or one a line. */
function parsed(out: string): unknown {
  const lines = out.trim().split("\n").filter(Boolean);
  const values = lines.map((line) => JSON.parse(line) as unknown);
  return values.length <= 1 ? values[0] : values;
}
