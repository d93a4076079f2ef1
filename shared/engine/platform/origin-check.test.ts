import { describe, expect, test } from "bun:test";
import { readConfig } from "./config.ts";
import { createOriginCheck, isLoopback, originCheckOf } from "./origin-check.ts";

type Verdict = ReturnType<ReturnType<typeof createOriginCheck>["look"]>;

function codeOf(verdict: Verdict): string | undefined {
  return verdict && "refusal" in verdict ? verdict.refusal.code : undefined;
}

const onLoopback = originCheckOf(readConfig({}));
const inContainer = originCheckOf(readConfig({ HOST: "0.0.0.0" }));
const under = (check: typeof onLoopback, host: string) => codeOf(check.look(new Headers({ host })));

describe("Host", () => {
  test.each([
    "localhost",
    "localhost:3001",
    "LOCALHOST:3001",
    "localhost.:3001",
    "shop.localhost:3001",
    "127.0.0.1:3001",
    "127.8.8.8",
    "127.1:3001",
    "[::1]:3001",
  ])("%s is this machine wherever a process listens", (host) => {
    expect([under(onLoopback, host), under(inContainer, host)]).toEqual([undefined, undefined]);
  });

  test.each([
    "attacker.example",
    "attacker.example:3001",
    "attacker.example.:3001",
    "localhost.attacker.example",
    "127.0.0.1.nip.example:3001",
    "evil-localhost.example",
    "xn--lcalhost-n0a.example",
  ])("%s is a name that a page may have pointed here, so it gets nothing anywhere", (host) => {
    expect([under(onLoopback, host), under(inContainer, host)]).toEqual([
      "host_not_allowed",
      "host_not_allowed",
    ]);
  });

  test.each(["command-api:3001", "10.1.2.3:3001", "[fd00::7]:3001", "192.168.0.9"])(
    "%s is how containers, pods and balancers ask: taken off loopback, where no page can point it elsewhere",
    (host) => {
      expect([under(onLoopback, host), under(inContainer, host)]).toEqual(["host_not_allowed", undefined]);
    },
  );

  test("MILLRACE_HOSTS names more, and all below a dot", () => {
    const config = readConfig({ HOST: "0.0.0.0", MILLRACE_HOSTS: "Shop.Example.com, .svc.cluster.local" });
    const check = originCheckOf(config);
    for (const host of [
      "shop.example.com",
      "SHOP.example.com:443",
      "query-api.millrace.svc.cluster.local:3002",
    ])
      expect(under(check, host)).toBeUndefined();
    for (const host of ["www.shop.example.com", "myshop.example.com", "svc.cluster.local.evil.example"])
      expect(under(check, host)).toBe("host_not_allowed");
    expect(() => readConfig({ MILLRACE_HOSTS: "https://shop.example.com" })).toThrow("MILLRACE_HOSTS");
  });

  test("where clients reach the APIs, they are answered, and call each other", () => {
    const check = originCheckOf(
      readConfig({
        HOST: "0.0.0.0",
        COMMAND_API_URL: "https://commands.shop.example.com",
        QUERY_API_URL: "https://queries.shop.example.com/",
      }),
    );
    for (const host of ["commands.shop.example.com", "queries.shop.example.com"])
      expect(under(check, host)).toBeUndefined();
    expect(under(check, "shop.example.com")).toBe("host_not_allowed");
    const origin = "https://queries.shop.example.com";
    expect(check.look(new Headers({ host: "commands.shop.example.com", origin }))).toEqual({
      allowedOrigin: origin,
    });
  });

  test("one that is no single name is malformed, and none at all is no browser's", () => {
    for (const host of [
      "localhost, attacker.example",
      "a b<>",
      "user@localhost",
      "localhost/x",
      "localhost:x",
    ])
      expect(under(onLoopback, host)).toBe("malformed_header");
    expect(onLoopback.look(new Headers())).toBeUndefined();
    expect(onLoopback.look(new Headers({ host: "" }))).toBeUndefined();
  });

  test("the last good one is remembered, not the last", () => {
    for (const host of ["localhost:3001", "attacker.example", "localhost:3001", "attacker.example"])
      expect(under(onLoopback, host)).toBe(host.startsWith("localhost") ? undefined : "host_not_allowed");
  });

  test("loopback is told by the whole name", () => {
    for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
      expect(isLoopback(host)).toBe(true);
    for (const host of [
      "127.0.0.1.example",
      "localhost.example",
      "notlocalhost",
      "10.0.0.1",
      "0.0.0.0",
      "::",
    ])
      expect(isLoopback(host)).toBe(false);
  });
});

describe("Origin", () => {
  const from = (origin: string, host = "localhost:3001", check = onLoopback) =>
    check.look(new Headers({ host, origin }));

  test.each([
    ["http://localhost:3001", "localhost:3001"],
    ["http://localhost:3002", "localhost:3001"],
    ["http://127.0.0.1:8080", "localhost:3001"],
    ["http://[::1]:3002", "127.0.0.1:3001"],
  ])("%s is a page of our own to %s", (origin, host) => {
    expect(from(origin, host)).toEqual({ allowedOrigin: origin });
  });

  test("behind a gateway a page's own name and port are our own", () => {
    const check = originCheckOf(readConfig({ HOST: "0.0.0.0", MILLRACE_HOSTS: "shop.example.com" }));
    const own = "https://shop.example.com";
    expect(from(own, "shop.example.com", check)).toEqual({ allowedOrigin: own });
    expect(codeOf(from("https://blog.example.com", "shop.example.com", check))).toBe("cross_site_request");
  });

  test.each([
    "null",
    "https://attacker.example",
    "http://attacker.example:3001",
    "http://localhost:5173",
    "http://localhost.attacker.example:3001",
    "http://192.168.0.66:3001",
    "file://",
    "chrome-extension://abc",
    "http://localhost:3001, http://attacker.example",
    "",
  ])("%p is a page of somebody else", (origin) => {
    expect(codeOf(from(origin))).toBe("cross_site_request");
    expect(codeOf(from(origin, "localhost:3001", inContainer))).toBe("cross_site_request");
  });

  test("MILLRACE_CORS_ORIGINS names pages that may call", () => {
    const config = readConfig({ MILLRACE_CORS_ORIGINS: "http://localhost:5173, https://Shop.example.com/" });
    const check = originCheckOf(config);
    for (const origin of ["http://localhost:5173", "https://shop.example.com"])
      expect(from(origin, "localhost:3001", check)).toEqual({ allowedOrigin: origin });
    for (const origin of [
      "https://localhost:5173",
      "http://shop.example.com",
      "https://shop.example.com:8443",
    ])
      expect(codeOf(from(origin, "localhost:3001", check))).toBe("cross_site_request");
    for (const wrong of [
      "*",
      "null",
      "shop.example.com",
      "https://shop.example.com/path",
      "https://*.example.com",
    ])
      expect(() => readConfig({ MILLRACE_CORS_ORIGINS: wrong })).toThrow("MILLRACE_CORS_ORIGINS");
  });

  test("what another site's page embeds says no origin and is refused, a link to us is followed", () => {
    const fetched = (dest: string, site = "cross-site") =>
      codeOf(
        onLoopback.look(
          new Headers({ host: "localhost:3002", "sec-fetch-site": site, "sec-fetch-dest": dest }),
        ),
      );
    for (const dest of ["image", "script", "iframe", "empty"])
      expect(fetched(dest)).toBe("cross_site_request");
    expect([fetched("document"), fetched("image", "same-origin"), fetched("document", "none")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("a check that is given no pages knows none but its own", () => {
    const check = createOriginCheck({ host: "127.0.0.1" });
    expect(codeOf(from("http://localhost:3001", "localhost:8080", check))).toBe("cross_site_request");
    expect(codeOf(from("http://localhost:8080", "localhost:8080", check))).toBeUndefined();
  });
});
