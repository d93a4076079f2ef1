import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { readConfig } from "./config.ts";
import { createMetrics } from "./metrics.ts";
import { serveProbes } from "./probes.ts";

let probes: ReturnType<typeof serveProbes>;

beforeAll(() => {
  probes = serveProbes(readConfig({ HOST: "127.0.0.1" }), {
    port: 0,
    notReady: () => "kafka",
    details: () => ({ a: 1 }),
    metrics: createMetrics("probed"),
  });
});

afterAll(() => probes.stop());

test("health, readiness, metrics and nothing else are answered", async () => {
  const at = (path: string) => fetch(`http://127.0.0.1:${probes.port}${path}`);
  expect((await at("/healthz")).status).toBe(200);
  const ready = await at("/readyz");
  expect([ready.status, await ready.json()]).toEqual([503, { status: "not ready", missing: "kafka", a: 1 }]);
  expect(ready.headers.get("x-content-type-options")).toBe("nosniff");
  for (const path of ["/", "/metrics/", "/readyz/"])
    expect(await (await at(path)).json()).toMatchObject({ status: 404, code: "route_not_found" });
});

// Seen to fail with `measureReadiness` left out.
test("what /readyz says is a metric too, so that Prometheus can alert on it", async () => {
  const page = await (await fetch(`http://127.0.0.1:${probes.port}/metrics`)).text();
  expect(page).toContain('millrace_ready{process="probed"} 0\n');
});

test("a name or a page of somebody else gets a problem document instead", async () => {
  for (const headers of [{ host: "attacker.example" }, { origin: "https://attacker.example" }]) {
    const refused = await fetch(`http://127.0.0.1:${probes.port}/readyz`, { headers });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
    expect(await refused.text()).not.toContain("kafka");
  }
});

test("a balancer's check by HTTP/1.0 without a Host is answered", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(probes.port, "127.0.0.1", () => socket.write("GET /healthz HTTP/1.0\r\n\r\n"));
  socket.once("data", (data) => resolve(String(data)));
  expect(await promise).toStartWith("HTTP/1.1 200");
  socket.destroy();
});
