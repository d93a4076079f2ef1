import { describe, expect, test } from "bun:test";
import { InvalidConfig, readConfig } from "@millrace/platform/config";
import { createAccess, isLoopback, listeningOf } from "./access.ts";

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
    for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
      expect(isLoopback(host)).toBe(true);
    for (const host of ["127.0.0.1.example", "localhost.example", "10.0.0.1"])
      expect(isLoopback(host)).toBe(false);
  });

  test("takes no token that could be guessed", () => {
    expect(() => readConfig({ MILLRACE_CONSOLE_TOKEN: "short" })).toThrow("16 characters");
  });
});

describe("without a token", () => {
  const access = createAccess(undefined);

  test("only this machine's own names are answered: a name that somebody points here is not", () => {
    for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"]) {
      expect(access.refusal(request({}, `http://${host}/`))).toBeUndefined();
    }
    for (const host of ["rebound.example:8080", "127.0.0.1.nip.example"]) {
      expect(access.refusal(request({}, `http://${host}/`))).toBe("host_not_allowed");
    }
  });
});

describe("with a token", () => {
  test("a session that it started is taken, by this console and by any with the same token", () => {
    const first = createAccess(TOKEN);
    const cookie = cookieOf(first.startSession(request()));
    expect(first.refusal(request({ cookie }))).toBeUndefined();
    expect(createAccess(TOKEN).refusal(request({ cookie }))).toBeUndefined();
    expect(createAccess(`${TOKEN}x`).refusal(request({ cookie }))).toBe("token_required");
    expect(first.refusal(request())).toBe("token_required");
    expect(first.refusal(request({ cookie: `${cookie}0` }))).toBe("token_required");
  });

  test("a session ends after its time, and nobody can write another time into it", () => {
    let time = 1_000_000;
    const access = createAccess(TOKEN, () => time);
    const cookie = cookieOf(access.startSession(request()));
    const [name, value = ""] = cookie.split("=") as [string, string];
    const later = `${name}=${Number(value.split(".")[0]) + 1}.${value.split(".")[1]}`;
    expect(access.refusal(request({ cookie: later }))).toBe("token_required");
    time += 13 * 60 * 60 * 1_000;
    expect(access.refusal(request({ cookie }))).toBe("token_required");
  });

  test("the cookie is out of a script's and another site's reach, and Secure behind TLS", () => {
    const access = createAccess(TOKEN);
    expect(access.startSession(request())).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(access.startSession(request({ "x-forwarded-proto": "https" }))).toMatch(/; Secure$/);
  });

  test("a program says it in Authorization", () => {
    const access = createAccess(TOKEN);
    expect(access.refusal(request({ authorization: `Bearer ${TOKEN}` }))).toBeUndefined();
    expect(access.refusal(request({ authorization: "Bearer wrong" }))).toBe("token_required");
  });

  test("guessing ends after some wrong ones, and begins anew a minute later", () => {
    let time = 0;
    const access = createAccess(TOKEN, () => time);
    for (let n = 0; n < 20; n++) expect(access.isToken("wrong")).toBe(false);
    expect(access.isToken(TOKEN)).toBe(false);
    time += 60_000;
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
