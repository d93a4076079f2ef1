import { expect, test } from "bun:test";
import { argumentsGiven, fromProc, fromPs, ownCommandLine, withDefaults } from "./command-line.ts";

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

test("a run gets a bound on its tests and two workers, next to the verb", () => {
  expect(withDefaults(["test", "some/path", "-t", "test"], 500)).toEqual([
    "test",
    "--timeout=500",
    "--parallel=2",
    "--no-isolate",
    "some/path",
    "-t",
    "test",
  ]);
});

test("what the caller said stands", () => {
  const one = ["--parallel=1", "--no-isolate"];
  expect(withDefaults(["test", "--timeout", "1000", ...one], 500)).toEqual([
    "test",
    "--timeout",
    "1000",
    ...one,
  ]);
  expect(withDefaults(["test", "--timeout=1000", ...one], 500)).toEqual(["test", "--timeout=1000", ...one]);
  expect(withDefaults(["test", ...one], 500)).toEqual(["test", "--timeout=500", ...one]);
});

test("a worker takes its run's arguments as they are", () => {
  expect(withDefaults(["test", "--test-worker"], 500)).toEqual(["test", "--test-worker"]);
});
