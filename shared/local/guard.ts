// A small process that outlives the launcher by a moment. When the launcher's pipe closes, however the launcher died, the guard
// ends every process group that it was given. It must never signal any other.
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How a process is asked to end: SIGINT is Postgres' fast shutdown, everything else takes SIGTERM. */
export type EndSignal = "SIGTERM" | "SIGINT";

export interface Ending {
  readonly endSignal: EndSignal;
  /** True for a process that others need while they end: it ends after them. */
  readonly last: boolean;
}

export interface Guard {
  /** The guard's own process. */
  readonly pid: number;
  /** From now on the group that `pid` leads ends with us. */
  watch(pid: number, ending: Ending): void;
  /** The process has ended; its number may be given to another. */
  forget(pid: number): void;
  /** Removes a folder once all processes have ended. */
  removeAtEnd(directory: string): void;
  /** Runs a command once all processes have ended, such as one that stops containers. */
  runAtEnd(command: readonly string[], cwd: string): void;
  /** Ends what is still watched, now, and resolves when the guard has gone. */
  close(): Promise<void>;
}

type Order = ({ watch: number } & Ending) | { forget: number } | { removeAtEnd: string } | Command;

interface Command {
  readonly runAtEnd: readonly string[];
  readonly cwd: string;
}

/** Longest wait, in ms, from the first signal to the next, harder one. */
const END_WITHIN_MS = 5_000;
/** Postgres' immediate shutdown (SIGQUIT) still releases its shared memory, which SIGKILL would not. */
const QUIT_WITHIN_MS = 1_500;
const LOOK_EVERY_MS = 25;
/** A container that is asked to stop has half a minute. */
const COMMAND_WITHIN_MS = 45_000;

/** Starts the guard as a process of its own session, so that a Ctrl-C in the terminal doesn't reach it. */
export function startGuard(): Guard {
  const standing = new Map<string, Order>();
  let closed = false;
  let guard = spawn();

  function spawn() {
    const started = Bun.spawn([process.execPath, fileURLToPath(import.meta.url)], {
      cwd: "/",
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
      onExit: () => {
        // Somebody killed the guard: another one takes its place, and gets all standing orders.
        if (closed) return;
        guard = spawn();
        for (const order of standing.values()) send(order);
      },
    });
    started.unref();
    return started;
  }
  function send(order: Order) {
    guard.stdin.write(`${JSON.stringify(order)}\n`);
    void guard.stdin.flush();
  }
  function stand(key: string, order: Order) {
    standing.set(key, order);
    send(order);
  }

  return {
    get pid() {
      return guard.pid;
    },
    watch: (pid, ending) => {
      // The process was started while all else was being ended, so nothing else will end it.
      if (closed) signalGroup(pid, "SIGKILL");
      else stand(`pid ${pid}`, { watch: pid, ...ending });
    },
    forget: (pid) => {
      standing.delete(`pid ${pid}`);
      if (!closed) send({ forget: pid });
    },
    removeAtEnd: (directory) => stand(`folder ${directory}`, { removeAtEnd: directory }),
    runAtEnd: (command, cwd) => stand(`command ${command.join(" ")}`, { runAtEnd: command, cwd }),
    close: async () => {
      closed = true;
      await guard.stdin.end();
      await guard.exited;
    },
  };
}

interface Watched extends Ending {
  /** Tells the process from a later one with the same number, where the system says. */
  readonly startedAt: string | undefined;
}

async function guard(): Promise<void> {
  const watched = new Map<number, Watched>();
  const directories = new Set<string>();
  const commands: Command[] = [];
  for await (const order of orders()) {
    if ("watch" in order) {
      const { watch, endSignal, last } = order;
      watched.set(watch, { endSignal, last, startedAt: startedAt(watch) });
    } else if ("forget" in order) watched.delete(order.forget);
    else if ("runAtEnd" in order) commands.push(order);
    else directories.add(order.removeAtEnd);
  }
  // The pipe closed: the launcher is gone.
  const ours = [...watched].filter(([pid, { startedAt: then }]) => startedAt(pid) === then);
  await endAll(ours.filter(([, { last }]) => !last));
  await endAll(ours.filter(([, { last }]) => last));
  await Promise.all(commands.map(run));
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function run({ runAtEnd, cwd }: Command): Promise<void> {
  const [program = "", ...words] = runAtEnd;
  const running = Bun.spawn([program, ...words], {
    cwd,
    stdio: ["ignore", "ignore", "ignore"],
    timeout: COMMAND_WITHIN_MS,
  });
  await running.exited;
}

/** Only whole lines count: a launcher killed while it wrote leaves half of one. */
async function* orders(): AsyncGenerator<Order> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of Bun.stdin.stream()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Order;
  }
}

async function endAll(ours: [number, Watched][]): Promise<void> {
  for (const [pid, { endSignal }] of ours) signalGroup(pid, endSignal);
  await goneWithin(END_WITHIN_MS, ours);
  const postgres = ours.filter(([pid, { endSignal }]) => endSignal === "SIGINT" && isRunning(pid));
  for (const [pid] of postgres) signalGroup(pid, "SIGQUIT");
  await goneWithin(QUIT_WITHIN_MS, postgres);
  // To every group, for what a leader that ended in time has left in its own.
  for (const [pid] of ours) signalGroup(pid, "SIGKILL");
  await goneWithin(QUIT_WITHIN_MS, ours);
}

async function goneWithin(boundMs: number, processes: [number, Watched][]): Promise<void> {
  const deadline = Date.now() + boundMs;
  while (Date.now() < deadline && processes.some(([pid]) => isRunning(pid))) await Bun.sleep(LOOK_EVERY_MS);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // No such group: it has ended.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return state(pid)?.[0] !== "Z";
  } catch {
    return false;
  }
}

function startedAt(pid: number): string | undefined {
  const START_TIME = 19;
  return state(pid)?.[START_TIME];
}

/** The fields of /proc/<pid>/stat from the state on; undefined where there is no /proc. */
function state(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in brackets, which may hold spaces and brackets itself.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

if (import.meta.main) await guard();
