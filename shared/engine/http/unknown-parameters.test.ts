import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import type { Route } from "./route.ts";
import { createHttpApp } from "./server.ts";

const parameter = (name: string) => ({ name, in: "query", description: "", schema: v.string() }) as const;
const things: Route = {
  method: "GET",
  path: "/things",
  access: "things:read",
  summary: "",
  tag: "things",
  parameters: [
    parameter("colour"),
    parameter("limit"),
    { name: "If-None-Match", in: "header", description: "", schema: v.string() },
  ],
  responses: [],
  handle: () => ({ status: 200, headers: {}, body: [] }),
};
const make: Route = { ...things, method: "POST", parameters: [] };

function appOf(documented: boolean) {
  return createHttpApp({
    title: "Things",
    description: "",
    routes: [things, make],
    requestsMax: 10,
    log: createLog("http-test", "silent"),
    metrics: createMetrics("http-test"),
    documented,
    beside: { reads: "http://reads.example" },
    notReady: () => undefined,
  });
}
const api = appOf(true);

describe("422: parameters that a route does not declare", () => {
  test("are named, each once, beside those that it knows", async () => {
    const response = await api.request("/things?page=2&limit=3&color=red&page=3&If-None-Match=1&%C3%A9=");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      422,
      "application/problem+json",
    ]);
    const message = "Known here: colour, limit";
    expect(await response.json()).toMatchObject({
      code: "invalid_query",
      errors: ["page", "color", "If-None-Match", "é"].map((name) => ({ parameter: name, message })),
    });
  });

  test("on a write that takes none, and before it does anything", async () => {
    const response = await api.request("/things?dry=true", { method: "POST" });
    expect([response.status, (await response.json()).errors[0].parameter]).toEqual([422, "dry"]);
  });
});

test.each(["/things", "/things?", "/things?colour=red&limit=1", "/things#colour", "/?utm_source=x"])(
  "200: %s has no parameter that is unknown",
  async (path) => expect((await api.request(path)).status).toBe(200),
);

test.each(["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])(
  "200: %s takes what health checkers and caches add",
  async (path) => expect((await api.request(`${path}?t=1&node=a`)).status).toBe(200),
);

test.each([
  [404, "GET", "/nothing?x=1"],
  [405, "DELETE", "/things?x=1"],
])("%i stays what it is with a query: %s %s", async (status, method, path) => {
  expect((await api.request(path, { method })).status).toBe(status);
});

test("a site for people takes any: it declares none", async () => {
  expect((await appOf(false).request("/things?page=2")).status).toBe(200);
});

test("GET / says where to go", async () => {
  const start = { title: "Things", docs: "/docs", openapi: "/openapi.json", reads: "http://reads.example" };
  expect(await (await api.request("/")).json()).toEqual(start);
});
