// OpenTelemetry's SDK behind `Tracing`: spans in batches to a collector, over OTLP as HTTP and protobuf.
// Loaded only by startTracing. Must never patch what it has not made, nor keep a process from ending.
import { hostname } from "node:os";
import {
  type Context,
  context,
  DiagLogLevel,
  diag,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Log } from "./log.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import type { Span, SpanOptions, Tracing, TracingConfig } from "./tracing.ts";

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** What the last spans may hold up a drain. */
const STOP_MOST_MS = 2_000;
const ROOT: Context = context.active();

/** The exporter reads OTEL_EXPORTER_OTLP_* itself, and the resource OTEL_RESOURCE_ATTRIBUTES. */
export function exportSpans(process: string, config: TracingConfig, log: Log): Tracing {
  // Spans that can't be sent are dropped; that they are is worth a line.
  const warn = (message: string) => log.warn({ cause: message }, "OpenTelemetry");
  const quiet = () => {};
  const logger = { error: warn, warn, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });

  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
    maxExportBatchSize: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
    exportTimeoutMillis: config.OTEL_BSP_EXPORT_TIMEOUT,
  });
  const provider = new TracerProvider({
    resource: resourceOf(process, config.OTEL_SERVICE_NAME),
    sampler: samplerOf(config, log),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer("millrace");
  return {
    start(name, { kind, parent, attributes }: SpanOptions): Span {
      const options = { kind: KINDS[kind], ...(attributes === undefined ? {} : { attributes }) };
      return spanOf(tracer.startSpan(name, options, parent === undefined ? ROOT : remote(parent)));
    },
    async stop() {
      const sent = provider.shutdown().catch((error) => warn(String(error)));
      await Promise.race([sent, Bun.sleep(STOP_MOST_MS)]);
    },
  };
}

function spanOf(span: SdkSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
    end(result) {
      if (result?.attributes) span.setAttributes(result.attributes);
      if (result?.failure !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: result.failure });
      }
      span.end();
    },
  };
}

function remote(traceparent: string): Context {
  const { traceId, spanId, flags } = parseTraceparent(traceparent);
  return trace.setSpanContext(ROOT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

/** What the environment says goes before what we would say, and the service's own variable before both. */
function resourceOf(process: string, serviceName: string) {
  const ours = resourceFromAttributes({
    "service.name": `millrace-${process}`,
    "service.namespace": "millrace",
    "service.instance.id": `${process}@${hostname()}:${globalThis.process.pid}`,
  });
  const given = detectResources({ detectors: [resourceAttributesEnvDetector] });
  const named = resourceFromAttributes(serviceName === "" ? {} : { "service.name": serviceName });
  return defaultResource().merge(ours).merge(given).merge(named);
}

/** By the standard's names; its default records all that no parent speaks against. */
function samplerOf(config: TracingConfig, log: Log): Sampler {
  const { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument } = config;
  const ratio = () => new TraceIdRatioBasedSampler(ratioOf(argument, log));
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return ratio();
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: ratio() });
    default:
      if (name !== "" && name !== "parentbased_always_on")
        log.warn({ sampler: name }, "this sampler is not known here");
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  }
}

function ratioOf(argument: string, log: Log): number {
  const ratio = argument === "" ? 1 : Number(argument);
  if (ratio >= 0 && ratio <= 1) return ratio;
  log.warn({ argument }, "OTEL_TRACES_SAMPLER_ARG is not a ratio from 0 to 1, recording all");
  return 1;
}
