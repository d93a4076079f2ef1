// What a process counts, for Prometheus. Must never cost a wake-up between scrapes: everything about the
// process itself is read when it is asked for.
import { readdirSync } from "node:fs";
import { Counter, Gauge, Registry } from "prom-client";
import { createHistogram, type Histogram } from "./histogram.ts";

export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>;
  /** Read at each scrape; NaN where that fails or takes too long. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** Many samples, read at each scrape; those that are no longer among them leave the page. */
  readings<Label extends string>(
    metric: Described<Label> & { readonly type: "gauge" | "counter" },
    read: () => readonly Reading<Label>[] | Promise<readonly Reading<Label>[]>,
  ): void;
  histogram(
    name: string,
    help: string,
    options: { labels: readonly string[]; buckets: readonly number[] },
  ): Histogram;
  /** The page that Prometheus fetches. */
  response(): Promise<Response>;
}

export interface Described<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

/** One sample. */
export interface Reading<Label extends string> {
  readonly labels: Readonly<Record<Label, string | number>>;
  readonly value: number;
}

/** What one reading may hold up a scrape: a database that hangs must not take the whole page along. */
const READ_MOST_MS = 2_000;

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
          this.set(await inTime(read, Number.NaN));
        },
      });
    },
    readings({ type, name, help, labels }, read) {
      const options = { name, help, labelNames: [...labels], registers: [registry] };
      if (type === "gauge") {
        new Gauge({
          ...options,
          async collect() {
            const rows = await inTime(read, []);
            this.reset();
            for (const row of rows) this.set({ ...row.labels }, row.value);
          },
        });
        return;
      }
      new Counter({
        ...options,
        async collect() {
          const rows = await inTime(read, []);
          this.reset();
          for (const row of rows) this.inc({ ...row.labels }, row.value);
        },
      });
    },
    histogram(name, help, options) {
      const histogram = createHistogram({ name, help, ...options });
      registry.registerMetric(histogram.metric);
      return histogram;
    },
    async response() {
      const page = await registry.metrics();
      return new Response(page, { headers: { "content-type": registry.contentType } });
    },
  };
  addProcessMetrics(metrics);
  return metrics;
}

/** What /readyz answers, for alerts, which can't read it there: 1 or 0, NaN where it is not known in time. */
export function measureReadiness(
  { gauge }: Metrics,
  notReady: () => string | undefined | Promise<string | undefined>,
): void {
  gauge(
    "millrace_ready",
    "1 when the process can do its work, 0 when /readyz says what is missing.",
    async () => ((await notReady()) === undefined ? 1 : 0),
  );
}

/** Calls that meet share one answer: two metrics of one query cost one. */
export function shareReads<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let pending: Promise<Result> | undefined;
  return () => {
    pending ??= read().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

async function inTime<Result>(read: () => Result | Promise<Result>, otherwise: Result): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(resolve, READ_MOST_MS, otherwise);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
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
