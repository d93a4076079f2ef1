import type { Metrics } from "@millrace/platform/metrics";
import type { Unreadable } from "./fetch-trouble.ts";

/** What a consumer had to pass over, at each scrape. */
export function measureConsumer(metrics: Metrics, unreadable: () => Unreadable): void {
  metrics.readings(
    {
      type: "counter",
      name: "millrace_unreadable_batches_total",
      help: "Batches that can't be decoded, and whose records were passed over, since the process started.",
      labels: [],
    },
    () => [{ labels: {}, value: unreadable().batches }],
  );
}
