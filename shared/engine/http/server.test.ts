import { describe, expect, test } from "bun:test";
import { Failure } from "@millrace/platform/failure";
import { createLog, type Log } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { createOriginCheck, type OriginCheck } from "@millrace/platform/origin-check";
import type { Answer, Call, Route } from "./route.ts";
import { createHttpApp, type HttpApp } from "./server.ts";

const silent = createLog("http-test", "silent");

function route(handle: Route["handle"], changed: Partial<Route> = {}): Route {
  return {
    method: "GET",
    path: "/things/:id",
    access: "things:read",
    summary: "",
    tag: "things",
    responses: [],
    handle,
    ...changed,
  };
}

interface Changed {
  readonly requestsMax?: number;
  readonly log?: Log;
  readonly missing?: string;
  readonly originCheck?: OriginCheck;
}

function app(routes: Route[], changed: Changed = {}): HttpApp {
  return createHttpApp({
    title: "Test",
    description: "",
    routes,
    requestsMax: changed.requestsMax ?? 10,
    log: changed.log ?? silent,
    metrics: createMetrics("http-test"),
    originCheck: changed.originCheck,
    notReady: () => changed.missing,
  });
}

const ok: Answer = { status: 200, headers: { etag: '"1"' }, body: { fine: true } };

test("200: an answer is JSON with its headers and the request's ids", async () => {
  const response = await app([route(() => ok)]).request("/things/1", { headers: { "x-request-id": "r-1" } });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("etag")).toBe('"1"');
  expect(response.headers.get("x-request-id")).toBe("r-1");
  expect(response.headers.get("x-correlation-id")).toBe("r-1");
  expect(await response.json()).toEqual({ fine: true });
});

test("a route is told who asks, under which ids", async () => {
  let seen: Call | undefined;
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const http = app([
    route((call) => {
      seen = call;
      return ok;
    }),
  ]);
  await http.request("/things/1", {
    headers: { "x-request-id": "r", "x-correlation-id": "c", "x-actor": "alice", traceparent },
  });
  expect(seen).toMatchObject({ requestId: "r", correlationId: "c", actor: "alice", traceparent });
});

test.each([
  ["x-request-id", "two words"],
  ["x-request-id", "x".repeat(129)],
  ["traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"],
  ["traceparent", "hello"],
])("%s: %p counts as none", async (name, value) => {
  let seen: Call | undefined;
  const http = app([
    route((call) => {
      seen = call;
      return ok;
    }),
  ]);
  await http.request("/things/1", { headers: { [name]: value } });
  expect(seen?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen?.actor).toBe("anonymous");
  expect(seen?.traceparent).toBeUndefined();
});

test.each(["/nothing", "/things", "/things/1/2", "/things/", "//", "/%", "/%zz", "/things/%00/%ff"])(
  "404: nothing is served at %s",
  async (path) => {
    const response = await app([route(() => ok)]).request(path);
    expect([response.status, await response.json()]).toMatchObject([404, { code: "route_not_found" }]);
  },
);

test("405: a wrong method is told the right ones", async () => {
  const http = app([route(() => ok), route(() => ok, { method: "PATCH" })]);
  for (const method of ["POST", "DELETE", "PUT", "PROPFIND"]) {
    const response = await http.request("/things/1", { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS, PATCH"]);
    expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
  }
});

test("204: OPTIONS is told the methods", async () => {
  const response = await app([route(() => ok)]).request("/things/1", { method: "OPTIONS" });
  expect([response.status, response.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
});

test("200: HEAD is answered as GET without the body, and a stream behind it is closed", async () => {
  let cancelled = false;
  const stream = () =>
    new Response(
      new ReadableStream({
        cancel() {
          cancelled = true;
        },
      }),
    );
  const response = await app([route(stream)]).request("/things/1", { method: "HEAD" });
  expect([response.status, await response.text(), cancelled]).toEqual([200, "", true]);
});

test("200: HEAD says how long the body of a GET is", async () => {
  const http = app([route(() => ok)]);
  const length = (await (await http.request("/things/1")).text()).length;
  const response = await http.request("/things/1", { method: "HEAD" });
  expect([response.status, response.headers.get("content-length"), response.headers.get("etag")]).toEqual([
    200,
    String(length),
    '"1"',
  ]);
});

test("405: a path that is served as it stands takes no method of a parameter in its place", async () => {
  const fixed = route(() => ok, { path: "/things/all" });
  for (const routes of [
    [fixed, route(() => ok, { method: "DELETE" })],
    [route(() => ok, { method: "DELETE" }), fixed],
  ]) {
    const response = await app(routes).request("/things/all", { method: "DELETE" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await app(routes).request("/things/1", { method: "DELETE" })).status).toBe(200);
  }
});

test("503: a request past the bound is refused at once, and the next one is taken again", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const http = app([route(() => promise)], { requestsMax: 1 });
  const first = http.request("/things/1");
  const second = await http.request("/things/2");
  expect([second.status, second.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await second.json()).toMatchObject({ code: "overloaded" });
  expect((await http.request("/healthz")).status).toBe(200);
  resolve(ok);
  expect((await first).status).toBe(200);
  expect((await http.request("/things/3")).status).toBe(200);
});

test("500: what a route throws is logged whole and answered without a word of it", async () => {
  const logged: unknown[] = [];
  const log = { isLevelEnabled: () => false, error: (line: unknown) => logged.push(line) } as unknown as Log;
  const http = app(
    [
      route(async () => {
        throw new Error("secret");
      }),
    ],
    { log },
  );
  const response = await http.request("/things/1", { headers: { "x-request-id": "r-1" } });
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(text).not.toContain("secret");
  expect(JSON.parse(text)).toMatchObject({ code: "internal_error", requestId: "r-1" });
  expect(logged).toMatchObject([{ requestId: "r-1", status: 500, err: { message: "secret" } }]);
});

test("500: a route that throws at once is answered too, and counts as finished", async () => {
  const http = app(
    [
      route(() => {
        throw new Error("now");
      }),
    ],
    { requestsMax: 1 },
  );
  expect((await http.request("/things/1")).status).toBe(500);
  expect((await http.request("/things/1")).status).toBe(500);
});

test("503: a failure is answered by its code", async () => {
  const http = app([
    route(() => {
      throw new Failure("postgres_unavailable", "away", true);
    }),
  ]);
  const response = await http.request("/things/1");
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
});

test("503: /readyz says what is missing, /healthz stays well", async () => {
  const http = app([], { missing: "postgres" });
  const ready = await http.request("/readyz");
  expect([ready.status, await ready.json()]).toMatchObject([503, { missing: "postgres" }]);
  expect((await http.request("/healthz")).status).toBe(200);
});

test("a draining process still answers, closes each connection and is not ready", async () => {
  const http = app([route(() => ok)]);
  http.drain();
  const response = await http.request("/things/1");
  expect([response.status, response.headers.get("connection")]).toEqual([200, "close"]);
  expect((await http.request("/readyz")).status).toBe(503);
});

test("/metrics counts requests by route and status, not by path", async () => {
  const http = app([route(() => ok)]);
  await http.request("/things/1");
  await http.request("/things/2");
  await http.request("/nothing");
  const page = await (await http.request("/metrics")).text();
  expect(page).toMatch(
    /millrace_http_request_duration_seconds_count\{process="http-test",method="GET",route="\/things\/:id",status="200"\} 2/,
  );
  expect(page).toContain('route="unmatched",status="404"');
  expect(page).not.toContain("/things/1");
  expect(page).toContain("process_cpu_seconds_total");
});

test("200: /problems/<code> explains the type of a problem", async () => {
  const response = await app([]).request("/problems/stale_version");
  expect([response.status, await response.json()]).toMatchObject([200, { status: 412 }]);
  expect((await app([]).request("/problems/constructor")).status).toBe(404);
});

test("a site for people shows problems in its own form, to those who want it, and has no documentation", async () => {
  const http = createHttpApp({
    title: "Site",
    description: "",
    documented: false,
    routes: [
      route(() => {
        throw new Failure("kafka_unavailable", "no broker", true);
      }),
    ],
    requestsMax: 10,
    log: silent,
    metrics: createMetrics("http-test"),
    notReady: () => undefined,
    showProblem: ({ status, headers, body }, { request }) =>
      request.headers.get("accept") === "text/html"
        ? new Response((body as { code: string }).code, {
            status,
            headers: { "retry-after": headers["retry-after"] ?? "" },
          })
        : undefined,
  });
  const asPage = { headers: { accept: "text/html" } };
  const shown = await http.request("/things/1", asPage);
  expect([shown.status, await shown.text(), shown.headers.get("retry-after")]).toEqual([
    503,
    "kafka_unavailable",
    "1",
  ]);
  expect(await (await http.request("/nowhere", asPage)).text()).toBe("route_not_found");
  expect(await (await http.request("/things/1")).json()).toMatchObject({ code: "kafka_unavailable" });
  for (const path of ["/docs", "/openapi.json"]) expect((await http.request(path)).status).toBe(404);
  expect((await http.request("/healthz")).status).toBe(200);
});

describe("names and pages", () => {
  const originCheck = createOriginCheck({ host: "127.0.0.1", origins: ["https://shop.example.com"] });
  const http = app([route(() => ok), route(() => ok, { method: "PATCH" })], { originCheck });
  const ask = (headers: Record<string, string>, method = "GET", path = "/things/1") =>
    http.request(path, { method, headers: { host: "localhost:3001", ...headers } });

  test("403: a name that a page has pointed here gets nothing, on any path", async () => {
    for (const path of [
      "/things/1",
      "/nothing",
      "/healthz",
      "/readyz",
      "/metrics",
      "/docs",
      "/openapi.json",
    ]) {
      const refused = await ask({ host: "attacker.example" }, "GET", path);
      expect([refused.status, refused.headers.get("content-type")]).toEqual([
        403,
        "application/problem+json",
      ]);
      expect(await refused.json()).toMatchObject({
        code: "host_not_allowed",
        detail: expect.stringContaining("MILLRACE_HOSTS"),
      });
    }
  });

  test("403: a page of another site changes and reads nothing, nor does its preflight", async () => {
    for (const method of ["GET", "PATCH", "OPTIONS"]) {
      const headers = { origin: "https://attacker.example", "access-control-request-method": "PATCH" };
      const refused = await ask(headers, method);
      expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, null]);
      expect(await refused.json()).toMatchObject({
        detail: expect.stringContaining("MILLRACE_CORS_ORIGINS"),
      });
    }
  });

  test("a page that may call reads the answer, its ETag and problems too", async () => {
    for (const [path, status] of [
      ["/things/1", 200],
      ["/nothing", 404],
    ] as const) {
      const answer = await ask({ origin: "https://shop.example.com" }, "GET", path);
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
        status,
        "https://shop.example.com",
      ]);
      expect(answer.headers.get("access-control-expose-headers")).toContain("etag");
      expect(answer.headers.get("vary")).toBe("origin");
    }
    expect((await ask({})).headers.has("access-control-allow-origin")).toBe(false);
  });

  test("204: its preflight is told the path's methods and the headers that it asked for", async () => {
    const preflight = await ask(
      {
        origin: "https://shop.example.com",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "content-type,idempotency-key",
      },
      "OPTIONS",
    );
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "access-control-allow-origin": "https://shop.example.com",
      "access-control-allow-methods": "GET, HEAD, OPTIONS, PATCH",
      "access-control-allow-headers": "content-type,idempotency-key",
      "access-control-max-age": "600",
    });
  });

  test("no answer is sniffed for a type or kept by a shared cache", async () => {
    for (const path of ["/things/1", "/nothing", "/healthz"]) {
      const { headers } = await ask({}, "GET", path);
      expect([headers.get("x-content-type-options"), headers.get("cache-control")]).toEqual([
        "nosniff",
        "private, no-cache",
      ]);
    }
    for (const path of ["/metrics", "/docs"])
      expect((await ask({}, "GET", path)).headers.get("x-content-type-options")).toBe("nosniff");
  });
});
