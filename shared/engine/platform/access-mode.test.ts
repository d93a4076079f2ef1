import { describe, expect, test } from "bun:test";
import { assertMayListen, exposureOf } from "./access-mode.ts";
import { readConfig } from "./config.ts";
import { createMetrics } from "./metrics.ts";
import { serveProbes } from "./probes.ts";

const modeOf = (environment: Record<string, string>) => exposureOf(readConfig(environment)).mode;

describe("unset", () => {
  test.each(["127.0.0.1", "localhost", "::1", "127.9.9.9"])("is open on %s", (HOST) => {
    expect(modeOf({ HOST })).toBe("open");
    expect(modeOf({ HOST, MILLRACE_AUTH: "" })).toBe("open");
  });

  test.each(["0.0.0.0", "::", "10.0.0.7", "shop.example.com", "128.0.0.1"])("is required on %s", (HOST) => {
    expect(modeOf({ HOST })).toBe("required");
  });

  test("in a container, where its port is published counts", () => {
    expect(modeOf({ HOST: "0.0.0.0", MILLRACE_PUBLISHED_ON: "127.0.0.1" })).toBe("open");
    expect(modeOf({ HOST: "0.0.0.0", MILLRACE_PUBLISHED_ON: "0.0.0.0" })).toBe("required");
    expect(modeOf({ HOST: "0.0.0.0", MILLRACE_PUBLISHED_ON: "" })).toBe("required");
  });
});

// Seen to fail without the assertion: the probes listened on all interfaces.
test("what asks nobody does not listen where others reach it, and says what to do", () => {
  const config = readConfig({ HOST: "0.0.0.0", MILLRACE_AUTH: "open" });
  const probes = () =>
    serveProbes(config, {
      port: 0,
      notReady: () => undefined,
      metrics: createMetrics("access-mode-test"),
    });
  expect(probes).toThrow("0.0.0.0 can be reached from other machines");
  for (const wayOut of ["HOST=127.0.0.1", "MILLRACE_AUTH=required", "MILLRACE_AUTH=gateway"]) {
    expect(probes).toThrow(wayOut);
  }
});

test("a published address off loopback counts, wherever the process listens", () => {
  const exposure = { mode: "open", publishedOn: "0.0.0.0" } as const;
  expect(() => assertMayListen(exposure, "127.0.0.1")).toThrow("0.0.0.0");
  expect(() => assertMayListen({ mode: "open", publishedOn: "127.0.0.1" }, "0.0.0.0")).not.toThrow();
  expect(() => assertMayListen({ mode: "required" }, "0.0.0.0")).not.toThrow();
});

test.each([
  [{ MILLRACE_AUTH: "off" }, "MILLRACE_AUTH"],
  [{ MILLRACE_AUTH: "gateway" }, "MILLRACE_AUTH_GATEWAY_SECRET_FILE"],
  [{ MILLRACE_AUTH: "gateway", MILLRACE_AUTH_GATEWAY_SECRET: "short" }, "at least 22"],
  [{ MILLRACE_OIDC_ISSUER: "https://id.example.com" }, "MILLRACE_OIDC_AUDIENCE"],
  [{ MILLRACE_OIDC_AUDIENCE: "shop" }, "MILLRACE_OIDC_ISSUER"],
  [{ MILLRACE_OIDC_ALGORITHMS: "RS256,HS256" }, "MILLRACE_OIDC_ALGORITHMS"],
  [{ MILLRACE_OIDC_ALGORITHMS: "none" }, "MILLRACE_OIDC_ALGORITHMS"],
  [{ MILLRACE_AUTH_GATEWAY_SECRET_FILE: "/no/such/file" }, "MILLRACE_AUTH_GATEWAY_SECRET_FILE"],
])("%p is refused at start", (environment, named) => {
  expect(() => readConfig(environment as Record<string, string>)).toThrow(named);
});
