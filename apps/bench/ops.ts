// `bun run ops` on a stack, as a program uses it.
import { ROOT, type Stack } from "./stack.ts";

/** Characters of what a failed command has printed last: before that come its progress, and perhaps a million rows. */
const PRINTED_MAX = 1_000;

/** What the command printed as JSON. @throws what it said where it did not end with 0. */
export async function runOps(stack: Stack, ...words: string[]): Promise<Record<string, unknown>> {
  const { code, printed, said } = await ops(stack, words);
  if (code !== 0) {
    throw new Error(`bun run ops ${words.join(" ")}: ${`${printed}${said}`.slice(-PRINTED_MAX)}`);
  }
  return JSON.parse(printed) as Record<string, unknown>;
}

/** The same for those that end with 1 where they have found something. @throws what it said for other codes. */
export async function runFinder(stack: Stack, ...words: string[]): Promise<void> {
  const { code, said } = await ops(stack, words);
  if (code > 1) throw new Error(`bun run ops ${words.join(" ")}: ${said.slice(-PRINTED_MAX)}`);
}

async function ops(stack: Stack, words: readonly string[]) {
  const child = Bun.spawn([process.execPath, "apps/ops/main.ts", ...words, "--json"], {
    cwd: ROOT,
    env: {
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      ...process.env,
      DATABASE_URL: stack.databaseUrl,
      KAFKA_BROKERS: stack.broker,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [printed, said] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, printed, said };
}
