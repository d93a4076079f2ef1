// The arguments that Bun itself was started with. `process.argv` in a test run lacks flags and filters; the
// system's own record has them.
import { readFileSync } from "node:fs";

/** The command line of this process, program first. */
export function ownCommandLine(): string[] {
  if (process.platform === "linux") return fromProc(readFileSync("/proc/self/cmdline", "utf8"));
  return fromPs(Bun.spawnSync(["ps", "-ww", "-o", "args=", "-p", String(process.pid)]).stdout.toString());
}

/** Everything after the program: what to give to Bun to do the same again. */
export function argumentsGiven(commandLine: readonly string[]): string[] {
  return commandLine.slice(1);
}

/** Linux keeps the arguments as they were given, each ended by a NUL. */
export function fromProc(text: string): string[] {
  return text.split("\0").slice(0, -1);
}

/** `ps` joins them with spaces: an argument that holds spaces itself comes out in pieces. */
export function fromPs(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Files run at once. A test waits more than it works, and each of the two has a Postgres and a Kafka of its own. */
const WORKERS = 2;

/** Whether another run hands this one its files, and ends it without a word after the last. */
export function isWorker(given: readonly string[]): boolean {
  return given.includes("--test-worker");
}

/** The same run with a bound on each test and hook, and files side by side, unless it says otherwise or is a worker. */
export function withDefaults(given: readonly string[], timeoutMs: number): string[] {
  const at = given.indexOf("test") + 1;
  if (isWorker(given) || at === 0) return [...given];
  const says = (flag: string) =>
    given.some((argument) => argument === flag || argument.startsWith(`${flag}=`));
  const added = [
    ...(says("--timeout") ? [] : [`--timeout=${timeoutMs}`]),
    // One global for all of a worker's files, or each file would start servers of its own.
    ...(says("--parallel") ? [] : [`--parallel=${WORKERS}`, "--no-isolate"]),
  ];
  return given.toSpliced(at, 0, ...added);
}
