import { expect, test } from "bun:test";
import { BUN_ENVIRONMENT, portMessage, requirePorts } from "./apps.ts";

test("the image gives Bun the environment that it has here", async () => {
  const dockerfile = await Bun.file(new URL("../../Dockerfile", import.meta.url)).text();
  for (const [name, value] of Object.entries(BUN_ENVIRONMENT))
    expect(dockerfile).toMatch(new RegExp(`\\s${name}=${value}( \\\\)?\\n`));
});

test("a taken port is reported with its holder and the variable to set", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = server.port ?? 0;
  const app = {
    name: "query-api",
    process: "query-api+console",
    folder: "apps/query-api",
    portVariable: "QUERY_API_PORT",
    port,
  } as const;
  const message = `query-api can't listen on port ${port}, which is held by`;
  try {
    expect(portMessage(app)).toStartWith(message);
    expect(portMessage(app)).toEndWith(`(pid ${process.pid}): set QUERY_API_PORT to a free port`);
    await expect(requirePorts([app], "127.0.0.1", false)).rejects.toThrow(message);
  } finally {
    await server.stop(true);
  }
  await requirePorts([app], "127.0.0.1", false);
});
