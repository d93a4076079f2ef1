import { expect, test } from "bun:test";
import { argumentsGiven, fromProc, fromPs, ownCommandLine, withTimeout } from "./command-line.ts";

test("flags, filters and empty arguments come back as they were given", () => {
  const given = ["test", "some/path", "-t", "a name with spaces", "--timeout", "1000", ""];
  expect(argumentsGiven(fromProc(`${["bun", ...given].join("\0")}\0`))).toEqual(given);
});

test("where only ps tells, arguments are what spaces part", () => {
  expect(argumentsGiven(fromPs("bun test some/path --timeout=1000\n"))).toEqual([
    "test",
    "some/path",
    "--timeout=1000",
  ]);
});

test("this very run shows that it is a test", () => {
  expect(argumentsGiven(ownCommandLine())).toContain("test");
});

test("a run without a bound on its tests gets one, next to the verb", () => {
  expect(withTimeout(["test", "some/path", "-t", "test"], 500)).toEqual([
    "test",
    "--timeout=500",
    "some/path",
    "-t",
    "test",
  ]);
});

test("a bound that the caller gave stands", () => {
  expect(withTimeout(["test", "--timeout", "1000"], 500)).toEqual(["test", "--timeout", "1000"]);
  expect(withTimeout(["test", "--timeout=1000"], 500)).toEqual(["test", "--timeout=1000"]);
});
