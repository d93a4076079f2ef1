import { expect, test } from "bun:test";
import { readConditions } from "./conditions.ts";

function read(headers: Record<string, string>) {
  const conditions = readConditions(new Headers(headers));
  return conditions.ok ? conditions.value : conditions.problem.status;
}

test("without headers there is no condition", () => {
  expect(read({})).toEqual({ idempotencyKey: undefined, ifMatch: undefined, respondAsync: false });
});

test.each([
  "respond-async",
  "Respond-Async",
  "wait=10, respond-async",
  "respond-async; x=1",
  "a,respond-async,b",
])("Prefer: %s asks for 202", (prefer) => {
  expect(read({ prefer })).toMatchObject({ respondAsync: true });
});

test.each(["return=minimal", "respond-asynchronously", "not-respond-async", "x=respond-async"])(
  "Prefer: %s does not",
  (prefer) => {
    expect(read({ prefer })).toMatchObject({ respondAsync: false });
  },
);

test("an idempotency key is read as UTF-8 where it is, and counted in characters", () => {
  const asSent = (key: string) => Buffer.from(key).toString("latin1");
  for (const key of ["schl\u00fcssel", "\ud83e\udd8a".repeat(255)])
    expect(read({ "idempotency-key": asSent(key) })).toMatchObject({ idempotencyKey: key });
  expect(read({ "idempotency-key": asSent("\ud83e\udd8a".repeat(256)) })).toBe(400);
  expect(read({ "idempotency-key": "schl\xfcssel" })).toMatchObject({ idempotencyKey: "schl\xfcssel" });
});

// Seen to fail while the header was read as it was joined: the key was `k, k`.
test("an idempotency key that comes twice is that key; two that differ, or one with a comma, are as they came", () => {
  const sent = (...keys: string[]) =>
    readConditions(new Headers(keys.map((key) => ["Idempotency-Key", key] as [string, string])));
  const key = (idempotencyKey: string) => ({ ok: true, value: { idempotencyKey } });
  expect(sent("k", "k")).toMatchObject(key("k"));
  expect(sent("a, b", "a, b")).toMatchObject(key("a, b"));
  expect(sent("k".repeat(255), "k".repeat(255))).toMatchObject(key("k".repeat(255)));
  expect(sent("k", "j")).toMatchObject(key("k, j"));
  for (const one of ["a, b", "kk", "a,a", "aa, a"]) expect(sent(one)).toMatchObject(key(one));
});

test("400: what can't be read is refused, never passed over", () => {
  expect(read({ "if-match": "1" })).toBe(400);
  expect(read({ "idempotency-key": "x".repeat(256) })).toBe(400);
});
