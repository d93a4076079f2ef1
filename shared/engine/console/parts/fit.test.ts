import { expect, test } from "bun:test";
import { fit } from "./fit.ts";

test("a name that has no room is cut by whole characters", () => {
  expect([fit("abcdef", 6), fit("abcdefg", 6), fit("🦀🦀🦀", 2.9)]).toEqual(["abcdef", "abcde…", "🦀…"]);
});
