import { expect, test } from "bun:test";

/** In a process of its own, since its environment counts. */
const ASKS = `
  const { askDirectly } = await import(${JSON.stringify(new URL("./directly.ts", import.meta.url).href)});
  const proxy = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("by the proxy") });
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    process.env[name] = "http://127.0.0.1:" + proxy.port;
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("directly") });
  const ask = (host) => fetch("http://" + host + ":" + server.port).then((answer) => answer.text(), () => "no such name");
  askDirectly();
  const said = [await ask("localhost"), await ask("127.0.0.1"), await ask("other.invalid")];
  askDirectly("other.invalid");
  said.push(await ask("other.invalid"));
  for (let host = 0; host < 500; host++) askDirectly("10.0.0." + host);
  said.push(await ask("127.0.0.1"), process.env.NO_PROXY.split(",").length < 120, process.env.NO_PROXY.startsWith("kept.example"));
  console.log(JSON.stringify(said));
  process.exit(0);
`;

test("no proxy stands before this machine or the hosts that are named, and what NO_PROXY says stays", async () => {
  const child = Bun.spawn([process.execPath, "-e", ASKS], {
    env: { PATH: Bun.env.PATH, NO_PROXY: "kept.example" },
    stderr: "inherit",
  });
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual([
    "directly",
    "directly",
    "by the proxy",
    "no such name",
    "directly",
    true,
    true,
  ]);
});
