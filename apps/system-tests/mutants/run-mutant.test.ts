import { describe, expect, test } from "bun:test";
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
