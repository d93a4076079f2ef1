import { describe, expect, test } from "bun:test";
import { indented } from "./json.tsx";

const text = (json: string) =>
  indented(json)
    .map((token) => token.text)
    .join("");

describe("JSON", () => {
  test("is printed as JSON.stringify would, where that loses nothing", () => {
    for (const value of [{}, [], { a: [1, { b: null }], c: 'x\n"y"' }, "text", 5, [[], {}, [1, 2]]]) {
      expect(text(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }
  });

  test("keeps every digit, and what stands twice", () => {
    expect(text('{"a":12345678901234567890,"a":1.10}')).toBe(
      '{\n  "a": 12345678901234567890,\n  "a": 1.10\n}',
    );
  });

  test("tells keys from strings, and is cut where it is too long to be read", () => {
    expect(indented('{"a":"b"}').filter(({ kind }) => kind === "key")).toEqual([
      { text: '"a"', kind: "key" },
    ]);
    const long = text(JSON.stringify(Array.from({ length: 50_000 }, (_, each) => each)));
    expect(long.length).toBeLessThan(70_000);
    expect(long).toContain("characters in all");
  });
});
