import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { parsePosition, printPosition } from "./position.ts";

describe("a position", () => {
  test("comes back as it was printed", () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(255), fc.nat(1e15 - 1)), { selector: ([first]) => first });
    fc.assert(
      fc.property(entries, (pairs) => {
        const position = new Map(pairs.length === 0 ? [[0, 0]] : pairs);
        expect(parsePosition(printPosition(position))).toEqual(position);
      }),
      propertyRun(),
    );
  });

  test("before the first row has a name that clients send back", () => {
    expect(printPosition(new Map())).toBe("0:0");
  });

  test("that is none of ours is refused", () => {
    for (const text of ["", "1", "1:", ":1", "a:b", "1:1,", "1:1;2:2", "-1:1", "1:1.5", "1:".repeat(9_000)]) {
      expect(parsePosition(text)).toBeUndefined();
    }
  });
});
