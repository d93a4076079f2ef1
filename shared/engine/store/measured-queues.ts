// Queues of streams that say how many commands wait in them, beside their bound.
import type { Metrics } from "@millrace/platform/metrics";
import { createStreamQueues, type StreamQueues } from "./stream-queues.ts";

export function measuredQueues(bounds: { readonly waitingMax: number }, metrics: Metrics): StreamQueues {
  const queues = createStreamQueues(bounds);
  metrics.gauge(
    "millrace_stream_queues_depth",
    "Commands that wait for others on their streams, or are stored with them.",
    () => queues.depth(),
  );
  metrics.gauge(
    "millrace_stream_queues_max",
    "The bound of millrace_stream_queues_depth.",
    () => bounds.waitingMax,
  );
  return queues;
}
