// How much of the machine others took while something was measured: figures from a busy machine tell little.
import { readFileSync } from "node:fs";
import { descendants, TICKS_PER_SECOND } from "./processes.ts";

/** Processor time since the machine began, hundredths of a second over all cores. */
export interface ProcessorTime {
  readonly total: number;
  /** Not idle, nor waiting for a disk; what a host kept from its guest is counted here as well. */
  readonly busy: number;
  /** This process, those it has started, and those of them that have ended. */
  readonly ours: number;
}

/** Undefined where there is no /proc. */
export function processorTime(): ProcessorTime | undefined {
  try {
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const [, , , idle = 0, waiting = 0] = ticks;
    const total = ticks.reduce((sum, each) => sum + each, 0);
    const oursUs = descendants(process.pid).reduce((sum, each) => sum + each.cpuUs, endedUs());
    return { total, busy: total - idle - waiting, ours: (oursUs / 1_000_000) * TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** Percent of the machine that anybody took between two readings. */
export function busyBetween(before: ProcessorTime, after: ProcessorTime): number {
  return percentOfMachine(after.busy - before.busy, before, after);
}

/** Percent of the machine that others took between two readings. */
export function othersBetween(before: ProcessorTime, after: ProcessorTime): number {
  return percentOfMachine(after.busy - before.busy - (after.ours - before.ours), before, after);
}

function percentOfMachine(ticks: number, before: ProcessorTime, after: ProcessorTime): number {
  const total = after.total - before.total;
  return total > 0 ? Math.max(0, (ticks / total) * 100) : 0;
}

/** Children of ours that have been waited for: load generators, peers. */
function endedUs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[13]) + Number(fields[14])) * 1_000_000) / TICKS_PER_SECOND;
}
