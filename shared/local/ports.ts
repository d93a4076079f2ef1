// Ports on this machine: which are free, and who holds the others.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const HOST = "127.0.0.1";

/** Below the range from which the kernel serves outgoing connections, so that none of those takes our choice. */
const CHOOSE_FROM = 20_000;
const CHOOSE_TO = 32_000;
/** Random ports that are tried before we give up; on any real machine the first or second is free. */
const CHOICES_MAX = 200;

/** Ports that were given out: each is bound only later, by a process that is yet to start. */
const chosen = new Set<number>();

/** Whether a server can listen there: nobody answers, and the kernel lets us bind. */
export async function isPortFree(port: number, host = HOST): Promise<boolean> {
  // Asked first: some systems let a second server bind one address of a port that another holds on all of them.
  if (await answers(port)) return false;
  try {
    Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}

/** The preferred port where it is free, else a random free one that this process was never given before. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) {
    chosen.add(preferred);
    return preferred;
  }
  for (let choice = 0; choice < CHOICES_MAX; choice++) {
    const port = CHOOSE_FROM + Math.floor(Math.random() * (CHOOSE_TO - CHOOSE_FROM));
    if (chosen.has(port)) continue;
    chosen.add(port);
    if (await isPortFree(port)) return port;
  }
  throw new Error(
    `No port is free: ${CHOICES_MAX} random ones between ${CHOOSE_FROM} and ${CHOOSE_TO} were tried. End other programs, or name a port`,
  );
}

/** Who listens on a port, as "command (pid 123)"; undefined where the system doesn't tell. */
export function portHolder(port: number): string | undefined {
  const pid = process.platform === "linux" ? pidFromProc(port) : pidFromLsof(port);
  if (pid === undefined) return undefined;
  return `${commandOf(pid)} (pid ${pid})`;
}

/** The inodes of sockets that listen on a port, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const LISTEN = "0A";
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      (columns) => columns[3] === LISTEN && Number.parseInt(columns[1]?.split(":")[1] ?? "", 16) === port,
    )
    .flatMap((columns) => columns[9] ?? []);
}

async function answers(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({
      hostname: HOST,
      port,
      socket: { data() {}, error() {}, connectError() {} },
    });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

function pidFromProc(port: number): number | undefined {
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
    listeningInodes(readOrEmpty(path), port),
  );
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => openFiles(pid).some((file) => sockets.has(file)));
  return holder === undefined ? undefined : Number(holder);
}

function pidFromLsof(port: number): number | undefined {
  if (!Bun.which("lsof")) return undefined;
  const found = Bun.spawnSync(["lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"]).stdout.toString();
  const pid = Number.parseInt(found, 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** What another user's process has open is not ours to see: no files, no error. */
function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((file) => linkOrEmpty(`/proc/${pid}/fd/${file}`));
  } catch {
    return [];
  }
}

/** The command line of a process, shortened to what tells it apart. */
function commandOf(pid: number): string {
  const COMMAND_CHARACTERS_MAX = 80;
  const line =
    process.platform === "linux"
      ? readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
      : Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
  return line.trim().slice(0, COMMAND_CHARACTERS_MAX) || "a process";
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
