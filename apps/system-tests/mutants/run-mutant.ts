// One mutant: its file is changed in a copy of the checkout, its test is run there, and the file is put back.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./mutant.ts";

/** What became of a mutant. Only `killed` is good. */
export type Verdict =
  /** The test that it names failed. */
  | { readonly is: "killed"; readonly output: string }
  /** The test passed all the same. */
  | { readonly is: "survived"; readonly output: string }
  /** The mutant speaks of text, or of a test, that is not there, or the test ended in another way than by failing. */
  | { readonly is: "stale"; readonly output: string };

/** Longest time, in ms, that one test may take; a mutant that makes its test hang has not been killed. */
const TEST_MOST_MS = 180_000;

export interface Copy {
  /** The copy's root. */
  readonly root: string;
  /** Names the servers that the tests share, see MILLRACE_TEST_STACK. */
  readonly environment: Record<string, string | undefined>;
}

export async function runMutant(mutant: Mutant, copy: Copy): Promise<Verdict> {
  const path = join(copy.root, mutant.file);
  const original = readFileSync(path, "utf8");
  const places = original.split(mutant.from).length - 1;
  if (places !== 1) return { is: "stale", output: `its text stands ${places} times in ${mutant.file}` };
  // A test that fails anyway kills nothing.
  const unchanged = await runTest(mutant, copy);
  if (unchanged.is !== "survived") return { is: "stale", output: `without the mutant:\n${unchanged.output}` };
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  );
  try {
    return await runTest(mutant, copy);
  } finally {
    writeFileSync(path, original);
  }
}

async function runTest(mutant: Mutant, { root, environment }: Copy): Promise<Verdict> {
  const test = Bun.spawn([process.execPath, "test", `./${mutant.test}`, "-t", escaped(mutant.killedBy)], {
    cwd: root,
    env: environment,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: TEST_MOST_MS,
    killSignal: "SIGKILL",
  });
  const output = await new Response(test.stderr).text();
  return verdictOf(mutant, output, (await test.exited) === 0);
}

/** Whether Bun's report says that the very test failed: a file that does not load, or no test at all, proves nothing. */
export function verdictOf({ killedBy }: Pick<Mutant, "killedBy">, output: string, passed: boolean): Verdict {
  const lines = output.split("\n");
  const isNamed = (line: string) => line.replace(/ \[[\d.]+m?s\]$/, "").endsWith(killedBy);
  if (lines.some((line) => line.startsWith("(fail) ") && isNamed(line))) return { is: "killed", output };
  const ran = lines.some((line) => line.startsWith("(pass) ") && isNamed(line));
  return passed && ran ? { is: "survived", output } : { is: "stale", output };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
