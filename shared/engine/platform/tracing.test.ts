import { describe, expect, test } from "bun:test";
import { readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { startTracing } from "./tracing.ts";

const log = createLog("tracing-test", "silent");
const start = (environment: Record<string, string>) => startTracing("test", readConfig(environment), log);

describe("startTracing", () => {
  test.each([
    ["nothing is set", {}],
    ["the endpoint is empty, which is unset", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
    ["only a name is set", { OTEL_SERVICE_NAME: "shop" }],
    [
      "no exporter is wanted",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://[::1]:9", OTEL_TRACES_EXPORTER: "none" },
    ],
    ["all of it is off", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://[::1]:9", OTEL_SDK_DISABLED: "TRUE" }],
    ["the exporter is one that we don't have", { OTEL_TRACES_EXPORTER: "zipkin" }],
  ])("does nothing where %s", async (_, environment) => {
    expect(await start(environment)).toBeUndefined();
  });

  test("loads none of OpenTelemetry's packages where nobody asked for spans", async () => {
    const script = `
      const { readConfig } = await import("./config.ts");
      const { startTracing } = await import("./tracing.ts");
      const { createLog } = await import("./log.ts");
      const loaded = () => Object.keys(require.cache).some((path) => path.includes("@opentelemetry"));
      const start = (given) => startTracing("test", readConfig(given), createLog("test", "silent"));
      await start({});
      const before = loaded();
      await start({ OTEL_TRACES_EXPORTER: "otlp" });
      console.log(JSON.stringify([before, loaded()]));`;
    const child = Bun.spawn([process.execPath, "-e", script], { cwd: import.meta.dir, stdout: "pipe" });
    expect(await new Response(child.stdout).json()).toEqual([false, true]);
  });

  test("a span goes on with its parent's trace, and one without a parent begins its own", async () => {
    const tracing = await start({ OTEL_TRACES_EXPORTER: "otlp", OTEL_TRACES_SAMPLER: "always_on" });
    const [version, traceId, spanId, flags] = (
      tracing?.start("request", { kind: "server", parent: undefined }).traceparent ?? ""
    ).split("-");
    expect([version, flags]).toEqual(["00", "01"]);
    const parent = `00-${traceId}-${spanId}-01`;
    const child = tracing?.start("append", { kind: "client", parent }).traceparent.split("-") ?? [];
    expect([child[1], child[3]]).toEqual([traceId, "01"]);
    expect(child[2]).not.toBe(spanId);
  });

  test("a trace that its caller does not record is not recorded here", async () => {
    const tracing = await start({ OTEL_TRACES_EXPORTER: "otlp" });
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const { traceparent } = tracing?.start("request", { kind: "server", parent }) ?? {};
    expect(traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
  });

  test("a collector that is away holds up nobody's end", async () => {
    const tracing = await start({ OTEL_TRACES_EXPORTER: "otlp", OTEL_TRACES_SAMPLER: "always_on" });
    tracing?.start("request", { kind: "server", parent: undefined }).end({ failure: "it broke" });
    const startedAt = performance.now();
    await tracing?.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
