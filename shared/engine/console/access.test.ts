import { describe, expect, test } from "bun:test";
import { sessionCookie } from "./cookie.ts";
import { createForms, isSameOrigin } from "./forms.ts";
import { ownPath } from "./own-path.ts";

const plain = new URL("http://localhost:8080");
const tls = new URL("https://console.example");

function request(headers: Record<string, string> = {}, url = "http://console.example/"): Request {
  return new Request(url, { headers: { host: new URL(url).host, ...headers } });
}

describe("signing in", () => {
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

  test("is not to be had from another site's page", () => {
    const elsewhere: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of elsewhere) expect(isSameOrigin(request(headers))).toBe(false);
    expect(isSameOrigin(request())).toBeUndefined();
    expect(isSameOrigin(request({ "sec-fetch-site": "same-origin" }))).toBe(true);
  });
});

describe("the cookie", () => {
  test("is out of a script's and another site's reach", () => {
    const set = sessionCookie(plain).start(new Headers(), "secret");
    expect(set).toBe("millrace_console=secret; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
  });

  test.each<[Record<string, string>, URL]>([
    [{ "x-forwarded-proto": "https" }, plain],
    [{}, tls],
  ])("is Secure and bound to this host where TLS ends before the console: %p", (headers, url) => {
    const set = sessionCookie(url).start(new Headers(headers), "secret");
    expect(set).toMatch(/^__Host-millrace_console=secret; Path=\/; .*; HttpOnly; SameSite=Strict; Secure$/);
    expect(set).not.toContain("Domain");
  });

  test("of a page without TLS is not taken where there is TLS", () => {
    const { secretIn } = sessionCookie(tls);
    expect(secretIn(new Headers({ cookie: "millrace_console=planted" }))).toBeUndefined();
    const cookie = "millrace_console=planted; __Host-millrace_console=own";
    expect(secretIn(new Headers({ cookie }))).toBe("own");
  });

  test("ends where it is ended", () => {
    expect(sessionCookie(tls).end(new Headers())).toMatch(/^__Host-millrace_console=; Path=\/; Max-Age=0;/);
  });
});

describe("a form", () => {
  const forms = createForms("key");
  const own = { "sec-fetch-site": "same-origin", origin: "http://localhost:8080" };
  const from = (headers: Record<string, string>, session?: string) => ({
    request: request(headers, "http://localhost:8080/x"),
    session,
    isProgram: false,
  });
  const token = forms.tokenFor({ session: undefined });

  test("is ours with its token and from our origin", () => {
    expect(forms.isOwn(from(own), token)).toBe(true);
    expect(forms.isOwn(from({ origin: "http://localhost:8080" }), token)).toBe(true);
  });

  test("is not ours from anywhere else, without its token, or with another console's", () => {
    for (const headers of [
      { ...own, "sec-fetch-site": "cross-site" },
      { ...own, "sec-fetch-site": "same-site" },
      { origin: "http://localhost:3001" },
      { origin: "null" },
      {},
    ]) {
      expect(forms.isOwn(from(headers), token)).toBe(false);
    }
    expect(forms.isOwn(from(own), "")).toBe(false);
    expect(forms.isOwn(from(own), createForms("other").tokenFor({ session: undefined }))).toBe(false);
  });

  test("of one session is none of another's, whichever console has shown it", () => {
    const mine = createForms("other").tokenFor({ session: "mine" });
    expect(forms.isOwn(from(own, "mine"), mine)).toBe(true);
    expect(forms.isOwn(from(own, "another's"), mine)).toBe(false);
    expect(forms.isOwn(from(own), mine)).toBe(false);
    expect(mine).not.toContain("mine");
  });
});
