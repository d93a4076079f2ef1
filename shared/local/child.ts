// One process that we start and own: in its own group, watched by the guard, with its last lines kept.
import { closeSync, openSync, readFileSync } from "node:fs";
import type { EndSignal, Guard } from "./guard.ts";

export interface ChildOptions {
  readonly command: readonly [string, ...string[]];
  readonly guard: Guard;
  readonly cwd: string;
  readonly environment?: Record<string, string | undefined>;
  /** The user that it runs as, where that is not ours; only root may ask for another. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Where what it prints goes: to a file, or line by line to a function. */
  readonly output: { readonly file: string } | { readonly line: (line: string) => void };
  readonly endSignal?: EndSignal;
  /** True for a process that others need while they end: the guard ends it after them. */
  readonly endsLast?: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | number | null;
}

export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks it to end, and kills it when it has not within the bound. Resolves when it is gone. */
  stop(withinMs: number): Promise<Exit>;
  /** SIGKILL to it and what it started. Resolves when it is gone. */
  kill(): Promise<Exit>;
  /** The last lines that it printed, for messages about its end. */
  lastLines(): string[];
}

/** Lines kept of what it printed last: enough for the head of a stack trace, few enough to be read. */
const LAST_LINES = 15;

/** Starts a process in a session of its own, so that a Ctrl-C in the terminal reaches only its owner. */
export function startChild(options: ChildOptions): Child {
  const { output, endSignal = "SIGTERM" } = options;
  const file = "file" in output ? openSync(output.file, "a") : undefined;
  const running = Bun.spawn([...options.command], {
    cwd: options.cwd,
    env: options.environment ?? process.env,
    stdin: "ignore",
    stdout: file ?? "pipe",
    stderr: file ?? "pipe",
    detached: true,
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  });
  options.guard.watch(running.pid, { endSignal, last: options.endsLast ?? false });
  if (file !== undefined) closeSync(file);

  const recent: string[] = [];
  const keep = (line: string) => {
    recent.push(line);
    if (recent.length > LAST_LINES) recent.shift();
    if ("line" in output) output.line(line);
  };
  const printed = Promise.all([eachLine(running.stdout, keep), eachLine(running.stderr, keep)]);
  const exited: Promise<Exit> = running.exited.then(async () => {
    options.guard.forget(running.pid);
    // A grandchild may hold the pipe open: its silence must not hide that the child has ended.
    await Promise.race([printed, Bun.sleep(200)]);
    return { code: running.exitCode, signal: running.signalCode };
  });

  const kill = () => {
    signalGroup(running.pid, "SIGKILL");
    return exited;
  };
  return {
    pid: running.pid,
    exited,
    kill,
    stop: async (withinMs) => {
      running.kill(endSignal);
      const overrun = setTimeout(kill, withinMs);
      const exit = await exited;
      clearTimeout(overrun);
      return exit;
    },
    lastLines: () => ("file" in output ? tail(output.file) : [...recent]),
  };
}

/** In words: "exit code 1" or "signal SIGKILL". */
export function describeExit(exit: Exit): string {
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
}

/** The child leads its group; what it started ends with it. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | number | undefined,
  line: (text: string) => void,
): Promise<void> {
  if (!(stream instanceof ReadableStream)) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) line(text);
  }
  if (rest) line(rest);
}

function tail(path: string): string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-LAST_LINES);
}
