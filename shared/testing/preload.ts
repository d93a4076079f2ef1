// Runs before every `bun test` from the checkout's root. On a fresh clone it installs the packages and runs
// the same tests again as a child: this process has cached by then that there are none. It imports Bun's and
// Node's own modules only, and what does the same.
import { afterAll, setDefaultTimeout } from "bun:test";
// By path: packages have no names to import them by before the install.
import { installPackages, packagesMissing } from "../infrastructure/install.ts";
import { argumentsGiven, ownCommandLine } from "./command-line.ts";

/** Hooks and tests alike. The first integration test waits for Postgres, Kafka and on a fresh clone for Maven. */
const TIMEOUT_MS = 120_000;
const given = argumentsGiven(ownCommandLine());

if (packagesMissing()) {
  const installed = await installPackages();
  if (installed !== 0) process.exit(installed);
  const child = Bun.spawn([process.execPath, ...given], { stdio: ["inherit", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  process.exit(await child.exited);
}

// A bound given on the command line is the caller's word.
if (!given.some((argument) => argument.startsWith("--timeout"))) setDefaultTimeout(TIMEOUT_MS);

afterAll(async () => {
  const holder = globalThis as { [key: symbol]: Promise<{ stop(): Promise<void> }> | undefined };
  // The stack's guard ends it in any case; this way it has ended when the run has.
  const stack = await holder[Symbol.for("millrace.test-stack")]?.catch(() => undefined);
  await stack?.stop();
}, TIMEOUT_MS);
