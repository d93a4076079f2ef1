import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./all.ts";
import { verdictOf } from "./run-mutant.ts";

const mutant = { killedBy: "an entry leaves only after its records are on Kafka" };
const said = (word: string) => `(${word}) startRelay > ${mutant.killedBy} [12.50ms]\n`;

describe("a mutant's verdict", () => {
  test("killed where the named test failed", () => {
    expect(verdictOf(mutant, said("fail"), false).is).toBe("killed");
  });
  test("survived where it passed", () => {
    expect(verdictOf(mutant, said("pass"), true).is).toBe("survived");
  });
  test("stale where another test failed, or none ran", () => {
    expect(verdictOf(mutant, "(fail) startRelay > something else [1.00ms]\n", false).is).toBe("stale");
    expect(verdictOf(mutant, " 0 pass\n 0 fail\n", true).is).toBe("stale");
  });
});

// Seen to fail with a word of a mutated line changed: else only a whole run of the mutants, which takes minutes, would tell.
test("every mutant's text stands exactly once in its file, and its test is there", () => {
  const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const stale = MUTANTS.flatMap(({ name, file, from, test }) => {
    const places = readFileSync(at(file), "utf8").split(from).length - 1;
    return places === 1 && existsSync(at(test)) ? [] : [{ name, places }];
  });
  expect(stale).toEqual([]);
});
