import { describe, expect, test } from "bun:test";
import { EMAIL_LENGTH_MAX, readNewUser, readUserPatch } from "./body.ts";

test("a user keeps its id as it was sent", () => {
  expect(readNewUser({ id: 1, name: "Alice" })).toEqual({
    ok: true,
    value: { type: "CreateUser", id: 1, name: "Alice" },
  });
  expect(readNewUser({ id: "1", name: "Alice", email: "alice@example.org" })).toEqual({
    ok: true,
    value: { type: "CreateUser", id: "1", name: "Alice", email: "alice@example.org" },
  });
});

test("a user's change names what is to change", () => {
  expect(readUserPatch({ name: "Bob" })).toEqual({ ok: true, value: { type: "ChangeUser", name: "Bob" } });
  expect(readUserPatch({ email: "bob@example.org" })).toEqual({
    ok: true,
    value: { type: "ChangeUser", email: "bob@example.org" },
  });
  expect(readUserPatch({})).toEqual({
    ok: false,
    issues: [{ pointer: "", message: "Must name what is to change" }],
  });
});

test("an address may hold what mail allows, not what is common", () => {
  for (const email of ["o'brien@example.org", "a+b@example.co.uk", "x@localhost"]) {
    expect(readNewUser({ id: 1, name: "Alice", email })).toHaveProperty("ok", true);
  }
});

describe("a user is refused", () => {
  for (const [body, pointer, message] of [
    [{ name: "Alice" }, "/id", "Missing"],
    [{ id: 1 }, "/name", "Missing"],
    [{ id: 1, name: " " }, "/name", "Must not be blank"],
    [{ id: "a/b", name: "Alice" }, "/id", "May hold only letters, digits and . _ : ~ -"],
    [{ id: 1.5, name: "Alice" }, "/id", "Must be a whole number that JSON carries exactly"],
    [{ id: 1, name: "Alice", email: "nobody" }, "/email", "Must be an email address"],
    [
      { id: 1, name: "Alice", email: `${"a".repeat(EMAIL_LENGTH_MAX)}@example.org` },
      "/email",
      "Must be at most 254 characters",
    ],
    [{ id: 1, name: "Alice", admin: true }, "/admin", "Unknown word"],
    [null, "", "Must be a JSON object"],
  ] as [unknown, string, string][]) {
    test(`for ${JSON.stringify(body).slice(0, 60)}`, () => {
      expect(readNewUser(body)).toEqual({ ok: false, issues: [{ pointer, message }] });
    });
  }
});
