import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./stack.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function bench(...words: string[]) {
  const json = join(folder, "result.json");
  const child = Bun.spawn([process.execPath, "run", "bench", ...words, "--json", json], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const code = await child.exited;
  return { code, out, err, result: async () => JSON.parse(await Bun.file(json).text()) };
}

// What is measured in a second says nothing; that everything answers, and that the rows which the filler writes
// are those that a rebuild makes of its events (it would end with 1), does. Seen to fail with each row's amount
// one too high. It takes 20 s on a quiet machine, and many times that on one where others test as well.
test("a short run asks Millrace, its peers and a rebuild, and leaves the figures", async () => {
  const words = "accept rebuild --against express,emmett,hops --runs 1 --seconds 1 --events 20000".split(" ");
  const { code, out, err, result } = await bench(...words);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/[\d.]+ times express/);
  expect(out).toMatch(/[\d.]+ times emmett/);
  expect(out).toMatch(/[\d.]+ times hops/);
  const { summaries, machine } = await result();
  expect(machine).toMatchObject({ cores: expect.any(Number), processor: expect.any(String) });
  for (const question of ["accept", "express", "emmett", "hops", "rebuild"]) {
    const [first] = summaries.filter((summary: { question: string }) => summary.question === question);
    expect(first?.median).toBeGreaterThan(0);
  }
}, 300_000);

// Whether seconds of load look flat is chance: either verdict will do.
test("a short run of the long questions compares two stores and judges what it has sampled", async () => {
  const small = "--runs 1 --seconds 1 --events 20000 --minutes 0.1 --rate 50".split(" ");
  const { code, err, result } = await bench("growth", "steady", ...small);
  expect(err).toContain("filled with 20,000 events");
  expect(err).toMatch(/all of it is flat|\d+ of \d+ grow/);
  const { summaries } = await result();
  expect(summaries).toContainEqual(
    expect.objectContaining({ question: "growth", figure: "processor, many against few", unit: "times" }),
  );
  const steady = summaries.filter((summary: { question: string }) => summary.question === "steady");
  expect(steady.map((summary: { figure: string }) => summary.figure)).toContain(
    "memory, projector+processes",
  );
  const flat = steady.every((summary: { met: boolean }) => summary.met);
  expect(code).toBe(flat ? 0 : 1);
}, 300_000);

test("a word that means nothing ends with 2, and the help teaches", async () => {
  const { code, err } = await bench("accpet");
  expect(code).toBe(2);
  expect(err).toContain('there is no question "accpet"');
  const help = await bench("--help");
  expect(help.code).toBe(0);
  expect(help.out).toContain("bun run bench accept visible visible-under-load read --against express,hops");
});
