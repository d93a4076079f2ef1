// Waits until the query API has all readers open. Changes before that would be measured beside thousands of requests that
// arrive at one instant.
import type { Readers } from "./readers.ts";

/** A query API that has not opened them by then, in ms, refuses some. */
const OPEN_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** @throws Error that says how many of them are open */
export async function untilReadersOpen({ queryApi, streams, waits }: Readers): Promise<void> {
  const deadline = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    const metrics = await (await fetch(`${queryApi}/metrics`)).text();
    const open = {
      streams: gauge(metrics, "millrace_query_stream_clients"),
      waits: gauge(metrics, "millrace_query_version_waits"),
    };
    if (open.streams >= streams && open.waits >= waits) return;
    if (performance.now() > deadline) {
      throw new Error(`${open.streams} of ${streams} streams and ${open.waits} of ${waits} waits are open`);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

function gauge(metrics: string, name: string): number {
  return Number(metrics.match(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)`, "m"))?.[1] ?? 0);
}
