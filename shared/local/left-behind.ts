// Ends a server that an earlier run of ours left on the same data, when both the launcher and its guard were killed.
import { readFileSync } from "node:fs";
import type { EndSignal } from "./guard.ts";

export interface LeftBehind {
  /** The file whose first line is the process' number. */
  readonly pidFile: string;
  /** Text that its command line holds if it is ours: another program may have got its number. */
  readonly commandHolds: string;
  readonly endSignal: EndSignal;
}

const END_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 25;

/** Ends it if it still runs. "number reused" when another program has its number by now. */
export async function endLeftBehind(suspect: LeftBehind): Promise<"ended" | "none" | "number reused"> {
  const pid = pidIn(suspect.pidFile);
  if (pid === undefined || commandLine(pid) === "") return "none";
  if (!isOurs(pid, suspect)) return "number reused";
  process.kill(pid, suspect.endSignal);
  const deadline = Date.now() + END_WITHIN_MS;
  while (isOurs(pid, suspect)) {
    if (Date.now() > deadline) process.kill(pid, "SIGKILL");
    await Bun.sleep(LOOK_EVERY_MS);
  }
  return "ended";
}

function pidIn(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isOurs(pid: number, suspect: LeftBehind): boolean {
  return commandLine(pid).includes(suspect.commandHolds);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    if (process.platform === "linux") return "";
    return Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
  }
}
