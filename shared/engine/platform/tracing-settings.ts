// OpenTelemetry's standard variables; see tracing.ts. Its exporter reads more of OTEL_EXPORTER_OTLP_* itself
// (headers, timeout, certificates), and its resource OTEL_RESOURCE_ATTRIBUTES.
import { count, standard } from "./config-fields.ts";

const minuteMs = 60_000;

export const tracingSettings = {
  OTEL_SDK_DISABLED: standard,
  /** `otlp` or `none`; unset is otlp where an endpoint is named. */
  OTEL_TRACES_EXPORTER: standard,
  OTEL_EXPORTER_OTLP_ENDPOINT: standard,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: standard,
  OTEL_EXPORTER_OTLP_PROTOCOL: standard,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: standard,
  /** `millrace-<process>` where it is not set. */
  OTEL_SERVICE_NAME: standard,
  OTEL_TRACES_SAMPLER: standard,
  OTEL_TRACES_SAMPLER_ARG: standard,
  /** Spans that may wait to be sent; past it they are dropped, and never anything else. */
  OTEL_BSP_MAX_QUEUE_SIZE: count(2_048, 1_000_000),
  /** Spans in one request to the collector. */
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count(512, 1_000_000),
  /** Milliseconds between such requests. */
  OTEL_BSP_SCHEDULE_DELAY: count(5_000, 10 * minuteMs, 0),
  /** Milliseconds that one may take. */
  OTEL_BSP_EXPORT_TIMEOUT: count(30_000, 10 * minuteMs),
};
