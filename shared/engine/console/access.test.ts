import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidConfig, readConfig } from "@millrace/platform/config";
import { createAccess, listeningOf } from "./access.ts";
import { ownPath, signIn } from "./sign-in.tsx";

const TOKEN = "a-token-of-some-length";

function request(headers: Record<string, string> = {}, url = "http://console.example/"): Request {
  return new Request(url, { headers: { host: new URL(url).host, ...headers } });
}

const cookieOf = (setCookie: string) => setCookie.split(";")[0] as string;

describe("listening", () => {
  test("off loopback is refused without a token, and says which variable is missing", () => {
    for (const host of ["0.0.0.0", "192.168.1.4", "::"]) {
      expect(() => listeningOf(readConfig({ HOST: host }))).toThrow(InvalidConfig);
      expect(() => listeningOf(readConfig({ HOST: host }))).toThrow("MILLRACE_CONSOLE_TOKEN");
      expect(listeningOf(readConfig({ HOST: host, MILLRACE_CONSOLE_TOKEN: TOKEN })).token).toBe(TOKEN);
    }
  });

  test("on loopback needs none, and CONSOLE_HOST goes before HOST", () => {
    expect(listeningOf(readConfig({}))).toEqual({ host: "127.0.0.1", token: undefined });
    expect(listeningOf(readConfig({ HOST: "0.0.0.0", CONSOLE_HOST: "localhost" })).host).toBe("localhost");
  });

  test("takes no token that could be guessed", () => {
    expect(() => readConfig({ MILLRACE_CONSOLE_TOKEN: "short" })).toThrow("16 characters");
  });
});

describe("a token kept in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-console-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const listening = (file: string, tell?: (token: string) => void) =>
    listeningOf(readConfig({ HOST: "0.0.0.0", MILLRACE_CONSOLE_TOKEN_FILE: file }), tell);

  test("is made at the first start, shown that once, and is the same for every console after", () => {
    const file = join(folder, "made");
    const shown: string[] = [];
    const tokens = [1, 2, 3].map(() => listening(file, (token) => shown.push(token)).token);
    expect(new Set([...tokens, ...shown, readFileSync(file, "utf8").trim()]).size).toBe(1);
    expect([shown.length, shown[0]?.length, statSync(file).mode & 0o777]).toEqual([1, 43, 0o600]);
  });

  test("is refused where it could be guessed, or can't be kept", () => {
    const short = join(folder, "short");
    writeFileSync(short, "short\n");
    expect(() => listening(short)).toThrow(/MILLRACE_CONSOLE_TOKEN_FILE.*5 characters/);
    expect(() => listening(join(folder, "none", "token"))).toThrow(InvalidConfig);
  });

  test("gives way to one that the environment holds", () => {
    const file = join(folder, "unneeded");
    const config = readConfig({ MILLRACE_CONSOLE_TOKEN: TOKEN, MILLRACE_CONSOLE_TOKEN_FILE: file });
    expect(listeningOf(config).token).toBe(TOKEN);
  });
});

describe("signing in", () => {
  const access = createAccess(TOKEN);
  const assets = {} as Parameters<typeof signIn>[1];
  const post = (headers: Record<string, string>) => {
    const body = new URLSearchParams({ token: TOKEN, next: "/lag" }).toString();
    const form = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(body.length),
      host: "console.example",
    };
    const url = "http://console.example/sign-in";
    return signIn(
      access,
      assets,
      new Request(url, { method: "POST", body, headers: { ...form, ...headers } }),
    );
  };

  test.each([
    "//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/..//evil.example",
    "/./\\evil.example",
    "/%2e%2e//evil.example",
    "/a/../..//evil.example",
    "///evil.example",
    "https://evil.example/",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil\u3002example",
    "http://console.invalid//evil.example",
  ])("never leads to another site: %j", (next) => {
    for (const own of ["http://console.example", "https://localhost:8080"]) {
      expect(new URL(ownPath(next), `${own}/sign-in`).origin).toBe(own);
    }
  });

  test.each([
    ["/things?status=SHIPPED&q=a%2Fb", "/things?status=SHIPPED&q=a%2Fb"],
    ["/streams/thing-A-1", "/streams/thing-A-1"],
    ["/things/\u00e9", "/things/%C3%A9"],
    [null, "/"],
    ["", "/"],
  ])("leads where somebody wanted to go: %j", (next, expected) => {
    expect(ownPath(next)).toBe(expected);
  });

  test("is not to be had from another site's page", async () => {
    const elsewhere: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of elsewhere) {
      expect(await post(headers)).toMatchObject({ status: 403, body: { code: "cross_site_request" } });
    }
    const own = { "sec-fetch-site": "same-origin", origin: "http://console.example" };
    for (const entered of [await post({}), await post(own)]) {
      expect((entered as Response).headers.get("location")).toBe("/lag");
    }
  });
});

describe("with a token", () => {
  test("a session that it started is taken, by this console and by any with the same token", () => {
    const first = createAccess(TOKEN);
    const cookie = cookieOf(first.startSession(request()));
    expect(first.isAllowed(request({ cookie }))).toBe(true);
    expect(createAccess(TOKEN).isAllowed(request({ cookie }))).toBe(true);
    expect(createAccess(`${TOKEN}x`).isAllowed(request({ cookie }))).toBe(false);
    expect(first.isAllowed(request())).toBe(false);
    expect(first.isAllowed(request({ cookie: `${cookie}0` }))).toBe(false);
  });

  test("a session ends after its time, and nobody can write another time into it", () => {
    let time = 1_000_000;
    const access = createAccess(TOKEN, () => time);
    const cookie = cookieOf(access.startSession(request()));
    const [name, value = ""] = cookie.split("=") as [string, string];
    const later = `${name}=${Number(value.split(".")[0]) + 1}.${value.split(".")[1]}`;
    expect(access.isAllowed(request({ cookie: later }))).toBe(false);
    time += 13 * 60 * 60 * 1_000;
    expect(access.isAllowed(request({ cookie }))).toBe(false);
  });

  test("the cookie is out of a script's and another site's reach, and Secure behind TLS", () => {
    const access = createAccess(TOKEN);
    expect(access.startSession(request())).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(access.startSession(request({ "x-forwarded-proto": "https" }))).toMatch(/; Secure$/);
  });

  test("a program says it in Authorization", () => {
    const access = createAccess(TOKEN);
    expect(access.isAllowed(request({ authorization: `Bearer ${TOKEN}` }))).toBe(true);
    expect(access.isAllowed(request({ authorization: "Bearer wrong" }))).toBe(false);
  });

  test("the right token is taken however many wrong ones came before it", () => {
    const access = createAccess(TOKEN);
    for (let n = 0; n < 1_000; n++) expect(access.isToken("wrong")).toBe(false);
    expect(access.isToken(TOKEN)).toBe(true);
  });
});

describe("a form", () => {
  const access = createAccess(undefined);
  const own = { "sec-fetch-site": "same-origin", origin: "http://localhost:8080" };
  const from = (headers: Record<string, string>) => request(headers, "http://localhost:8080/x");

  test("is ours with its token and from our origin", () => {
    expect(access.isOwnForm(from(own), access.formToken)).toBe(true);
    expect(access.isOwnForm(from({ origin: "http://localhost:8080" }), access.formToken)).toBe(true);
  });

  test("is not ours from anywhere else, without its token, or with another console's", () => {
    for (const headers of [
      { ...own, "sec-fetch-site": "cross-site" },
      { ...own, "sec-fetch-site": "same-site" },
      { origin: "http://localhost:3001" },
      { origin: "null" },
      {},
    ]) {
      expect(access.isOwnForm(from(headers), access.formToken)).toBe(false);
    }
    expect(access.isOwnForm(from(own), "")).toBe(false);
    expect(access.isOwnForm(from(own), createAccess(undefined).formToken)).toBe(false);
  });
});
