// The client stands alone: in a browser's bundle, in Node, and in a TypeScript that knows nothing of Bun.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const manifest = await Bun.file(`${folder}package.json`).json();
const entries = Object.values<string>(manifest.exports).map((path) => join(folder, path));
const built = mkdtempSync(join(tmpdir(), "millrace-client-"));
afterAll(() => rmSync(built, { recursive: true }));

test("what it exports imports nothing but itself, types included", async () => {
  expect(manifest.dependencies).toBeUndefined();
  const left = [...entries];
  for (const path of left) {
    const imports = [...(await Bun.file(path).text()).matchAll(/^(?:import|export)\s[^;]*?from "([^"]+)"/gm)];
    for (const [, specifier = ""] of imports) {
      expect([path, specifier]).toEqual([path, expect.stringMatching(/^\.\/[\w.-]+\.ts$/)]);
      if (!left.includes(join(folder, specifier))) left.push(join(folder, specifier));
    }
  }
  expect(left.length).toBeGreaterThan(entries.length);
});

test("its types hold where a browser's are", () => {
  const { exitCode, stdout } = Bun.spawnSync(
    [
      ...["bunx", "tsc", "--noEmit", "--ignoreConfig", "--strict", "--exactOptionalPropertyTypes"],
      ...["--target", "ESNext", "--module", "Preserve", "--allowImportingTsExtensions"],
      ...["--lib", "ESNext,DOM,DOM.Iterable,DOM.AsyncIterable", "--types", "", ...entries],
    ],
    { cwd: folder },
  );
  expect([exitCode, String(stdout)]).toEqual([0, ""]);
});

describe.skipIf(Bun.which("node") === null)("in Node", () => {
  test("it writes, reads and follows", async () => {
    const { outputs } = await Bun.build({ entrypoints: entries, target: "browser", outdir: built });
    expect(outputs.length).toBe(entries.length);
    const events = 'retry: 10\nid: 0:1\n\nevent: order\nid: 0:2\ndata: {"id":"7","status":"SHIPPED"}\n\n';
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ method, url }) {
        if (method === "POST")
          return Response.json({ id: "7", status: "CREATED" }, { headers: { etag: '"1"' } });
        if (url.endsWith("/stream"))
          return new Response(events, { headers: { "content-type": "text/event-stream" } });
        return Response.json({ id: "7", status: "CREATED" }, { headers: { etag: '"1"' } });
      },
    });
    const program = `
      import { createClient } from ${JSON.stringify(join(built, "client.js"))};
      const url = ${JSON.stringify(server.url.href)};
      const orders = createClient({ commands: url, queries: url }).of("orders");
      const created = await orders.create({ amount: 5 });
      const read = await orders.get(created.value.id);
      for await (const change of orders.follow()) {
        if (change.type !== "changed") continue;
        console.log(JSON.stringify([created.version, read.value.id, change.document.status]));
        break;
      }`;
    try {
      const node = Bun.spawn(["node", "--input-type=module", "--eval", program], { stderr: "inherit" });
      expect(JSON.parse(await new Response(node.stdout).text())).toEqual([1, "7", "SHIPPED"]);
    } finally {
      await server.stop(true);
    }
  });
});
