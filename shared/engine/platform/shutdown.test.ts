import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";

const MODULE = fileURLToPath(new URL("shutdown.ts", import.meta.url));

/** A process of several apps, each of which says what it does; ends as it does after SIGTERM. */
async function terminated(...stops: readonly string[]): Promise<{ code: number; said: string[] }> {
  const source = `
    import { runUntilStopped } from ${JSON.stringify(MODULE)};
    const say = (word) => console.log(word);
    const log = { info: (_, word) => word && say(word), error: (_, word) => say(word), fatal: (_, word) => say(word) };
    const later = (ms, word) => Bun.sleep(ms).then(() => say(word));
    ${stops.map((stop) => `runUntilStopped({ log, drainMs: 400, stop: async () => { ${stop} } });`).join("\n")}
    setInterval(() => {}, 1_000);
    say("up");`;
  const child = Bun.spawn([process.execPath, "-e", source], { stdout: "pipe", stderr: "inherit" });
  let said = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (said === "") child.kill("SIGTERM");
    said += chunk;
  }
  return { code: await child.exited, said: said.trim().split("\n") };
}

test("SIGTERM drains, and the process ends with 0", async () => {
  const { code, said } = await terminated(`await later(50, "one is done")`);
  expect({ code, said }).toEqual({ code: 0, said: ["up", "draining", "one is done"] });
});

// Seen to fail with an exit once the first has drained.
test("apps that share the process all drain before it ends", async () => {
  const { code, said } = await terminated(`say("one is done")`, `await later(150, "another is done")`);
  expect(code).toBe(0);
  expect(said).toContain("another is done");
});

test("one whose drain fails does not cut the others short, and the process ends with 1", async () => {
  const { code, said } = await terminated(`throw new Error("broken")`, `await later(150, "another is done")`);
  expect(code).toBe(1);
  expect(said).toContain("drain failed");
  expect(said).toContain("another is done");
});

test("a drain that takes longer than it may is ended, with 1", async () => {
  const { code, said } = await terminated(`await later(60_000, "never")`);
  expect({ code, said }).toEqual({ code: 1, said: ["up", "draining", "drain overran its time"] });
});
