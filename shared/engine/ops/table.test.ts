import { expect, test } from "bun:test";
import { printableLines, printPairs } from "./table.ts";

test("what others sent can't steer the terminal, and keeps its lines and tabs", () => {
  const clipboard = "\u001b]52;c;ZXZpbA==\u0007";
  expect(printableLines(`a\tb\n${clipboard}\r\u009b2J`)).toBe(
    "a\tb\n\u00b7]52;c;ZXZpbA==\u00b7\u00b7\u00b72J",
  );
  expect(printPairs([["key", `${clipboard}\n`]])).toBe("key  \u00b7]52;c;ZXZpbA==\u00b7\u00b7");
});
