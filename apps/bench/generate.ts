// A closed-loop load in a process of its own, for machines without wrk. Reads a LoadRequest from standard
// input, prints the result as JSON.
import type { LoadRequest } from "./load.ts";
import { percentile } from "./statistics.ts";

const request: LoadRequest = await Bun.stdin.json();
const latencies: number[] = [];
let errors = 0;
const startedAt = performance.now();
const endsAt = startedAt + request.seconds * 1000;
let next = 0;

const init = (): RequestInit => {
  const { bodies, method = "POST", headers = {} } = request;
  if (!bodies) return { headers };
  const body = bodies[next++ % bodies.length] as string;
  return { method, body, headers: { "content-type": "application/json", ...headers } };
};

const client = async () => {
  while (performance.now() < endsAt) {
    const path = request.paths?.[next++ % request.paths.length] ?? "";
    const sentAt = performance.now();
    try {
      const url = path ? new URL(path, request.url).href : request.url;
      const response = await fetch(url, init());
      await response.arrayBuffer();
      if (!response.ok) errors++;
    } catch {
      errors++;
    }
    latencies.push(performance.now() - sentAt);
  }
};
await Promise.all(Array.from({ length: request.connections }, client));
console.log(
  JSON.stringify({
    requests: latencies.length,
    seconds: (performance.now() - startedAt) / 1000,
    errors,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  }),
);
