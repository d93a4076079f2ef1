import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { propertyRun } from "@millrace/testing/seed";
import { parseCursor, printCursor } from "./cursor.ts";

describe("a cursor", () => {
  test("comes back as the place that it was made from, and stands in a URL as it is", () => {
    const createdAtMs = fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") });
    const id = fc.stringMatching(/^[A-Za-z0-9._:~-]{1,128}$/);
    fc.assert(
      fc.property(fc.record({ createdAtMs, id }), (place) => {
        const cursor = printCursor(place);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseCursor(cursor)).toEqual(place);
      }),
      propertyRun(),
    );
  });

  test("that is none of ours is refused, whatever it holds", () => {
    const text = (json: string) => Buffer.from(json).toString("base64url");
    const foreign = ["", "!", "e30", text("{}"), text("[1]"), text('["1","a"]'), text('[1.5,"a"]')];
    const harmful = [text('[1,"a\\u0000"]'), text('[1,"\\ud800"]'), text('[1e300,"a"]'), text('[-1e15,"a"]')];
    for (const cursor of [...foreign, ...harmful, "A".repeat(10_000)]) {
      expect(parseCursor(cursor)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        expect(() => parseCursor(cursor)).not.toThrow();
      }),
      propertyRun(),
    );
  });
});
