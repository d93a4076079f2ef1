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

/** The same run with a bound on each test and hook, unless it has one or is a part of another run. */
export function withTimeout(given: readonly string[], timeoutMs: number): string[] {
  const decided = given.some((argument) => argument.startsWith("--timeout") || argument === "--test-worker");
  const at = given.indexOf("test") + 1;
  return decided || at === 0 ? [...given] : given.toSpliced(at, 0, `--timeout=${timeoutMs}`);
}
