// What a process counts, for Prometheus. Must never cost a wake-up between scrapes: everything about the
// process itself is read when it is asked for.
import { readdirSync } from "node:fs";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>;
  /** Read at each scrape. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  histogram<Label extends string>(
    name: string,
    help: string,
    options: { labels: readonly Label[]; buckets: readonly number[] },
  ): Histogram<Label>;
  /** The page that Prometheus fetches. */
  response(): Promise<Response>;
}

/** From well below what Millrace promises to well past the longest wait that a client may ask for. */
export const LATENCY_BUCKETS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30,
];

/** One registry a process; `process` is a label of every metric in it. */
export function createMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  const metrics: Metrics = {
    registry,
    counter: (name, help, labels) =>
      new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    histogram: (name, help, { labels, buckets }) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] }),
    async response() {
      const page = await registry.metrics();
      return new Response(page, { headers: { "content-type": registry.contentType } });
    },
  };
  addProcessMetrics(metrics);
  return metrics;
}

/** prom-client's own defaults keep a 10 ms timer running; these names and meanings are theirs. */
function addProcessMetrics({ registry, gauge }: Metrics): void {
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time used, user and system, seconds.",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge(
    "process_start_time_seconds",
    "When the process started, seconds since 1970.",
    () => STARTED_AT_SECONDS,
  );
  gauge("process_resident_memory_bytes", "Memory that is resident, bytes.", () => process.memoryUsage.rss());
  gauge(
    "nodejs_heap_size_used_bytes",
    "JavaScript heap in use, bytes.",
    () => process.memoryUsage().heapUsed,
  );
  gauge("process_open_fds", "Open file descriptors; 0 where the system does not tell.", openDescriptors);
}

const STARTED_AT_SECONDS = Date.now() / 1000 - process.uptime();

function openDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
