// Spans for OpenTelemetry. Must never cost anything where nobody asked for them: without the standard
// variables there is no tracing to pass around, and not one of OpenTelemetry's packages is loaded.
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";

export interface Tracing {
  /** Begins a span. Sampling is decided by its parent, or by OTEL_TRACES_SAMPLER where it has none. */
  start(name: string, options: SpanOptions): Span;
  /** Sends what is left, within a bound: a collector that is away must not hold up a drain. */
  stop(): Promise<void>;
}

export interface SpanOptions {
  readonly kind: "server" | "client" | "producer" | "consumer";
  /** traceparent of the span that led to this one; undefined begins a trace. */
  readonly parent: string | undefined;
  readonly attributes?: Attributes;
}

export type Attributes = Readonly<Record<string, string | number>>;

export interface Span {
  /** For whatever follows from this span. */
  readonly traceparent: string;
  end(result?: { readonly failure?: string; readonly attributes?: Attributes }): void;
}

export type TracingConfig = Pick<
  Config,
  | "OTEL_SDK_DISABLED"
  | "OTEL_TRACES_EXPORTER"
  | "OTEL_EXPORTER_OTLP_ENDPOINT"
  | "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
  | "OTEL_EXPORTER_OTLP_PROTOCOL"
  | "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
  | "OTEL_SERVICE_NAME"
  | "OTEL_TRACES_SAMPLER"
  | "OTEL_TRACES_SAMPLER_ARG"
  | "OTEL_BSP_MAX_QUEUE_SIZE"
  | "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
  | "OTEL_BSP_SCHEDULE_DELAY"
  | "OTEL_BSP_EXPORT_TIMEOUT"
>;

const PROTOCOL = "http/protobuf";

/** Undefined unless the standard variables ask for spans. */
export async function startTracing(
  process: string,
  config: TracingConfig,
  log: Log,
): Promise<Tracing | undefined> {
  if (!isAskedFor(config, log)) return undefined;
  const protocol =
    config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || config.OTEL_EXPORTER_OTLP_PROTOCOL || PROTOCOL;
  if (protocol !== PROTOCOL)
    log.warn({ protocol, instead: PROTOCOL }, "this OTLP protocol is not spoken here");
  const { exportSpans } = await import("./export-spans.ts");
  return exportSpans(process, config, log);
}

/** The standard's default exporter is otlp; with no address and no exporter named, nobody has asked. */
function isAskedFor(config: TracingConfig, log: Log): boolean {
  if (config.OTEL_SDK_DISABLED.toLowerCase() === "true") return false;
  const exporters = config.OTEL_TRACES_EXPORTER.split(",")
    .map((exporter) => exporter.trim())
    .filter((exporter) => exporter !== "");
  if (exporters.length === 0) {
    return config.OTEL_EXPORTER_OTLP_ENDPOINT !== "" || config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== "";
  }
  const unknown = exporters.filter((exporter) => exporter !== "otlp" && exporter !== "none");
  if (unknown.length > 0) log.warn({ exporters: unknown }, "these trace exporters are not known here");
  return exporters.includes("otlp");
}
