// The pages that name a proof for each promise: every test, fault and mutant in their tables is there under that name.
import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { FAULTS } from "../chaos/faults/all.ts";
import { MUTANTS } from "../mutants/all.ts";
import { ROOT, readPage } from "./blocks.ts";

interface Row {
  readonly promise: string;
  readonly proofs: readonly string[];
  readonly seenToFail: string;
}

const TESTS = [...new Glob("{apps,shared}/**/*.test.{ts,tsx}").scanSync({ cwd: ROOT })].filter(
  (path) => !path.includes("node_modules"),
);
/** Proofs that are no test file: programs that CI runs, and what a test compares with. */
const PROGRAMS = ["chaos", "bun run chaos", "ops/", ".ci/run", ".ci/containers", "system-tests/contract"];
/** What a proof says about its test, in the form of code. */
const REMARKS = ["alg: none", "oidc-provider"];
const GUARANTEES = "apps/system-tests/GUARANTEES.md";
const SECURITY = "shared/deploy/SECURITY.md";
const rows = { [GUARANTEES]: await rowsOf(GUARANTEES), [SECURITY]: await rowsOf(SECURITY) };

describe.each(Object.entries(rows))("%s", (_, of) => {
  // Seen to fail with a test of each page's table renamed, with a fault's name misspelt, and with a mutant's changed by a word.
  test("every test, fault and mutant that it names is there", () => {
    expect(of.length).toBeGreaterThan(20);
    expect(of.flatMap(({ proofs }) => proofs).filter((proof) => !isThere(proof))).toEqual([]);
    const known = MUTANTS.map(({ name }) => name);
    const unknown = of
      .flatMap(({ seenToFail }) => codesOf(seenToFail))
      .filter((code) => code.includes(" ") && !code.includes("…") && !known.includes(code));
    expect(unknown).toEqual([]);
  });
});

// Seen to fail with the mutants of webhooks/destination and webhooks/send left out.
test("what comes from outside has a mutant for each row, whose test is one that the row names", async () => {
  const [, section = ""] = (await readPage(GUARANTEES)).split("## What comes from outside");
  const without = tableRows(section.split("\n## ")[0] ?? "")
    .filter(({ proofs }) => !proofs.flatMap(testsOf).some((path) => MUTANTS.some((one) => one.test === path)))
    .map(({ promise }) => promise);
  expect(without).toEqual([]);
});

async function rowsOf(page: string): Promise<Row[]> {
  return tableRows(await readPage(page));
}

/** The tables that name proofs: their last column says what each was seen to fail with, the one before it the proofs. */
function tableRows(text: string): Row[] {
  return text.split(/\n(?!\|)/).flatMap((part) => {
    const lines = part.split("\n").filter((line) => line.startsWith("|"));
    if (!lines[0]?.includes("seen to fail with")) return [];
    return lines.slice(2).map((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const [promise = "", proof = "", seenToFail = ""] = [cells.at(-5), cells.at(-3), cells.at(-2)];
      return { promise, seenToFail, proofs: codesOf(proof) };
    });
  });
}

function codesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

function isThere(proof: string): boolean {
  if (PROGRAMS.includes(proof) || REMARKS.includes(proof)) return true;
  const fault = new RegExp(`^${proof.replace("*", ".+")}$`);
  return testsOf(proof).length > 0 || FAULTS.some(({ name }) => fault.test(name));
}

/** By the end of their path, without what all of them end with: `store/append.int`. */
function testsOf(proof: string): string[] {
  return TESTS.filter((path) => `/${path}`.replace(/\.test\.tsx?$/, "").endsWith(`/${proof}`));
}
