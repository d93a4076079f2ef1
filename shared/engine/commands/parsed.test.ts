import { expect, test } from "bun:test";
import * as v from "valibot";
import { parse, refused, within } from "./parsed.ts";

const schema = v.strictObject({ "a/b": v.array(v.strictObject({ "c~d": v.string() })) });

test("an issue points into the body by RFC 6901", () => {
  expect(parse(schema, { "a/b": [{ "c~d": "fine" }, { "c~d": 5 }, {}, 5] })).toEqual({
    ok: false,
    issues: [
      { pointer: "/a~1b/1/c~0d", message: "Must be text" },
      { pointer: "/a~1b/2/c~0d", message: "Missing" },
      { pointer: "/a~1b/3", message: "Must be an object" },
    ],
  });
});

test("an issue in an inner body points into the outer one", () => {
  expect(within("/payload", refused("/name", "Missing"))).toEqual(refused("/payload/name", "Missing"));
  expect(within("/payload", { ok: true, value: 5 })).toEqual({ ok: true, value: 5 });
});
