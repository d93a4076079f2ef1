import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";

const OUTPUT = fileURLToPath(new URL("./output.ts", import.meta.url));

// Seen to fail with process.stdout.write: only a part of it arrived.
test("a reader that takes its time gets all of a long answer", async () => {
  const program = `
    const { print } = await import(${JSON.stringify(OUTPUT)});
    process.exit(print({ text: "", json: "x".repeat(5_000_000) }, true));`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  await Bun.sleep(300);
  const out = await new Response(child.stdout).text();
  expect([out.length, await child.exited]).toEqual([5_000_003, 0]);
});
