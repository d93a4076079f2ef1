// Ten times what the machine can do: memory stays bounded, refusals are quick, what was accepted is honoured.
import { readFileSync } from "node:fs";
import type { Fault } from "./fault.ts";

/** Requests under way at once: many times what keeps the machine busy. */
const CLIENTS = 3_000;
const FOR_MS = 15_000;
/** Of a request that is refused: a client learns within this that it has to come back later. */
const REFUSED_WITHIN_MS = 5_000;
/** Resident memory of one command API: far above its usual, far below what an unbounded queue would take. */
const MEMORY_MAX_BYTES = 700_000_000;

const overload: Fault = {
  name: "overload",
  weight: 1,
  async run({ system, journal, random }) {
    const services = system.ofKind("command-api");
    const until = Date.now() + FOR_MS;
    const run = random.between(0, 1e9).toString(36);
    const counts = { accepted: 0, refused: 0, unanswered: 0, other: 0 };
    let slowestRefusalMs = 0;
    let mostBytes = 0;
    let names = 0;
    const client = async (index: number) => {
      while (Date.now() < until) {
        const name = `over-${run}-${names++}`;
        const startedAt = performance.now();
        const url = `http://127.0.0.1:${services[index % services.length]?.port}/orders`;
        const status = await post(url, name);
        const tookMs = performance.now() - startedAt;
        const ending = status === 201 ? "acknowledged" : "unknown";
        journal.add({ name, expected: [`order-${name} OrderCreated`], ending, sends: 1, tookMs });
        if (status === 201) counts.accepted++;
        else if (status === 503) {
          counts.refused++;
          slowestRefusalMs = Math.max(slowestRefusalMs, tookMs);
          await Bun.sleep(20);
        } else if (status === 0) counts.unanswered++;
        else counts.other++;
      }
    };
    const watch = setInterval(() => {
      for (const { pid } of services) mostBytes = Math.max(mostBytes, residentBytes(pid()));
    }, 500);
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
    clearInterval(watch);
    const told = `${counts.accepted} accepted, ${counts.refused} refused, ${counts.unanswered} unanswered, slowest refusal ${Math.round(slowestRefusalMs)} ms, memory at most ${Math.round(mostBytes / 1e6)} MB`;
    if (counts.other > 0) throw new Error(`${counts.other} answers that are neither 201 nor 503; ${told}`);
    if (slowestRefusalMs > REFUSED_WITHIN_MS) throw new Error(`refusals were slow: ${told}`);
    if (mostBytes > MEMORY_MAX_BYTES) throw new Error(`memory is not bounded: ${told}`);
    return told;
  },
};

async function post(url: string, name: string): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      signal: AbortSignal.timeout(30_000),
      headers: { "content-type": "application/json", "idempotency-key": name, "x-correlation-id": name },
      body: JSON.stringify({ orderId: name, customer: "Olga", items: ["pen"] }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

export const overloads: readonly Fault[] = [overload];
