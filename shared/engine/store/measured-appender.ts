// An appender that says how it fares: sizes of its batches, and its queue beside the queue's bound.
import type { Metrics } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { type Appender, type AppenderBounds, createAppender } from "./appender.ts";

export function measuredAppender(sql: Sql, bounds: AppenderBounds, metrics: Metrics): Appender {
  const sizes = metrics.histogram("millrace_append_batch_commands", "Commands in one append statement.", {
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  });
  const appender = createAppender(sql, bounds, (size) => sizes.observe(size));
  metrics.gauge("millrace_append_queue_depth", "Commands waiting to be appended.", () => appender.depth());
  metrics.gauge(
    "millrace_append_queue_max",
    "The bound of millrace_append_queue_depth.",
    () => bounds.queueMax,
  );
  metrics.gauge("millrace_append_queue_bytes", "Bytes of events that are waiting to be appended.", () =>
    appender.bytes(),
  );
  metrics.gauge(
    "millrace_append_queue_bytes_max",
    "The bound of millrace_append_queue_bytes.",
    () => bounds.queueBytesMax,
  );
  return appender;
}
