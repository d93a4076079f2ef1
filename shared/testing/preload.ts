// Runs before every `bun test` from the checkout's root. On a fresh clone it installs the packages; then the
// same tests run again in this process' place, since Bun has cached by then that there are none. It imports
// Bun's and Node's own modules only, and what does the same.
import { afterAll } from "bun:test";
import { askDirectly } from "../engine/platform/directly.ts";
// By path: packages have no names to import them by before the install.
import { installPackages, packagesMissing } from "../local/install.ts";
import { argumentsGiven, isWorker, ownCommandLine, withDefaults } from "./command-line.ts";

/** Tests and hooks alike. The first integration test waits for Postgres, Kafka and on a fresh clone for Maven. */
const TIMEOUT_MS = 120_000;
const given = argumentsGiven(ownCommandLine());

if (packagesMissing()) {
  const installed = await installPackages();
  if (installed !== 0) process.exit(installed);
  await runAgain(withDefaults(given, TIMEOUT_MS));
}
// After what is brought from elsewhere, for which a proxy may be needed.
askDirectly();
// bunfig.toml knows no timeout, and setDefaultTimeout lasts for one file: only the command line is for all.
const bounded = withDefaults(given, TIMEOUT_MS);
if (bounded.length > given.length) await runAgain(bounded);

/** In a worker this would run after each file; there the stack's guard alone ends it. */
if (!isWorker(given)) afterAll(endStack, TIMEOUT_MS);

async function endStack(): Promise<void> {
  const holder = globalThis as { [key: symbol]: Promise<{ stop(): Promise<void> }> | undefined };
  // Its guard ends it in any case; this way it has ended when the run has.
  const stack = await holder[Symbol.for("millrace.test-stack")]?.catch(() => undefined);
  await stack?.stop();
}

/** Becomes another run of Bun, or where the system can't, waits for one and ends as it does. */
async function runAgain(argumentsOfRun: string[]): Promise<never> {
  const command = [process.execPath, ...argumentsOfRun];
  if (process.execve) process.execve(process.execPath, command, definedOnly(process.env));
  const child = Bun.spawn(command, { stdio: ["inherit", "inherit", "inherit"] });
  process.exit(await child.exited);
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}
