// The most memory that each process has had.
import { readFileSync } from "node:fs";
import type { Service } from "./service.ts";

export interface MostMemory {
  readonly name: string;
  readonly kind: string;
  /** Resident, bytes. */
  readonly mostBytes: number;
}

/** Between looks, in ms: memory that is taken and given back in between is not seen. */
const LOOK_EVERY_MS = 100;

export function startMemoryWatch(services: readonly Service[]): { stop(): MostMemory[] } {
  const most = new Map<Service, number>();
  const look = () => {
    for (const service of services) {
      most.set(service, Math.max(most.get(service) ?? 0, residentBytes(service.pid())));
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return [...most].map(([{ name, kind }, mostBytes]) => ({ name, kind, mostBytes }));
    },
  };
}

/** 0 where there is no such process. */
export function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
