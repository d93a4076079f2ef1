// Processor time and memory of processes, from /proc: Linux only, undefined elsewhere.
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUse {
  /** The apps of one of Millrace's processes, `postgres` or `kafka`. */
  readonly name: string;
  /** Processor time since its start, user and system, microseconds. */
  readonly cpuUs: number;
  readonly pid: number;
}

const INFRASTRUCTURE: readonly string[] = ["postgres", "kafka"];
const OTHER = "other";

/** Whether it is part of what an order costs: the launcher and its helpers are for development. */
export function isCounted({ name }: ProcessUse): boolean {
  return name !== OTHER;
}

/**
 * Those of a launcher's processes that are Millrace's own: neither its infrastructure nor the launcher.
 * @throws Error where none is: nothing of nothing is no figure.
 */
export function ownOf(launcher: number): ProcessUse[] {
  const own = descendants(launcher).filter((use) => isCounted(use) && !INFRASTRUCTURE.includes(use.name));
  if (own.length === 0) throw new Error(`none of Millrace's processes runs below ${launcher}`);
  return own;
}

/** Kernel clock ticks a second, the same on every Linux that Bun runs on. */
export const TICKS_PER_SECOND = 100;

/** A process and all that descend from it, such as the launcher's. */
export function descendants(of: number): ProcessUse[] {
  const all = readAll();
  const children = new Map<number, number[]>();
  for (const { pid, parent } of all.values()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found: ProcessUse[] = [];
  const visit = (pid: number) => {
    const process = all.get(pid);
    if (process) found.push(process);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(of);
  return found;
}

interface Entry extends ProcessUse {
  readonly parent: number;
}

function readAll(): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      entries.set(Number(name), {
        pid: Number(name),
        parent: Number(fields[1]),
        name: nameOf(command),
        cpuUs: ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND,
      });
    } catch {
      // It ended while we looked.
    }
  }
  return entries;
}

function nameOf(command: string): string {
  const apps = command.match(/apps\/dev\/host\.ts ([\w -]+)/)?.[1];
  if (apps) return apps.trim().replaceAll(" ", "+");
  if (/kafka\.Kafka/.test(command)) return "kafka";
  if (/^postgres:|\/postgres /.test(command)) return "postgres";
  return OTHER;
}

/** Microseconds of processor time by process name between two readings. */
export function cpuBetween(before: readonly ProcessUse[], after: readonly ProcessUse[]): Map<string, number> {
  const total = (uses: readonly ProcessUse[]) => {
    const sums = new Map<string, number>();
    for (const { name, cpuUs } of uses) sums.set(name, (sums.get(name) ?? 0) + cpuUs);
    return sums;
  };
  const [first, last] = [total(before), total(after)];
  return new Map([...last].map(([name, cpuUs]) => [name, cpuUs - (first.get(name) ?? 0)]));
}

/**
 * Memory of one process where what processes share, such as Bun's own pages, is divided among those that share it
 * (proportional set size): only so is a sum over processes what they take together. 0 for one that has ended.
 */
export function memoryBytes(pid: number): number {
  try {
    const pages = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(pages.match(/^Pss:\s+(\d+) kB$/m)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

export function megabytes(bytes: number): number {
  return bytes / 1_048_576;
}
