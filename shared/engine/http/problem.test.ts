import { expect, test } from "bun:test";
import { Failure } from "@millrace/platform/failure";
import { problem, problemOf } from "./problem.ts";
import { isProblemCode, PROBLEMS, type ProblemCode } from "./problem-codes.ts";

const codes = Object.keys(PROBLEMS) as ProblemCode[];

test("the README lists every code with its status, and no other", async () => {
  const readme = await Bun.file(new URL("README.md", import.meta.url)).text();
  const listed = [...readme.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|$/gm)].map(
    ([, status, code]) => `${status} ${code}`,
  );
  expect(listed.sort()).toEqual(codes.map((code) => `${PROBLEMS[code].status} ${code}`).sort());
});

test.each(codes)("%s: its document says type, title, status, code and detail", (code) => {
  const { status, headers, body } = problem(code);
  expect(status).toBe(PROBLEMS[code].status);
  expect(headers["content-type"]).toBe("application/problem+json");
  expect(body).toEqual({ type: `/problems/${code}`, code, ...PROBLEMS[code] });
});

test("503: every one says when to try again, and no other status does", () => {
  const retried = codes.filter((code) => "retry-after" in problem(code).headers);
  expect(retried).toEqual(codes.filter((code) => PROBLEMS[code].status === 503));
});

test("a failure is answered by its code, without its inner text", () => {
  const answer = problemOf(new Failure("postgres_unavailable", "connect to db.internal:5432", true));
  expect(answer.status).toBe(503);
  expect(JSON.stringify(answer)).not.toContain("db.internal");
});

test("503: what newer code has written is no fault of the request's, and is to be tried again", () => {
  const answer = problemOf(Object.assign(new Error("ThingCreated v2"), { code: "newer_schema" }));
  expect(answer).toMatchObject({
    status: 503,
    headers: { "retry-after": "1" },
    body: { code: "newer_schema" },
  });
});

test("500: what nobody foresaw keeps its message to itself", () => {
  for (const error of [
    new Error("secret"),
    new Failure("postgres_failed", "secret", false),
    "secret",
    null,
  ]) {
    const answer = problemOf(error);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer)).not.toContain("secret");
  }
});

test("words that every object has are no codes", () => {
  expect(["__proto__", "constructor", "toString"].filter(isProblemCode)).toEqual([]);
});
