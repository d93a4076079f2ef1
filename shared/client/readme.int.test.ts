// What the README shows of the client is checked by tsc and runs as it stands.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Listening, listen } from "@millrace/http/listen";
import { createLog } from "@millrace/platform/log";
import { startTestApi, type TestApi } from "@millrace/shop/testing/start-test-api";
import { openTestShop, type TestApi as QueryApi, type TestShop } from "@millrace/shop/testing/test-api";
import { eventually } from "@millrace/testing/eventually";

const client = fileURLToPath(new URL("client.ts", import.meta.url));
const readme = await Bun.file(new URL("README.md", import.meta.url)).text();
const [, shown = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
const folder = mkdtempSync(join(tmpdir(), "millrace-readme-"));

let shop: TestShop;
let commands: TestApi;
let listening: Listening;
let queries: QueryApi;

beforeAll(async () => {
  shop = await openTestShop();
  queries = await shop.startApi();
  commands = await startTestApi({ databaseUrl: shop.databaseUrl });
  listening = listen(commands.http, { host: "127.0.0.1", port: 0, log: createLog("readme-test", "silent") });
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await listening?.stop();
  await commands?.stop();
  await shop?.stop();
});

test("the README's program prints what became of its order", async () => {
  const path = join(folder, "program.ts");
  const program = shown
    .replace("@millrace/client/client", client)
    .replace("http://localhost:3001", `http://127.0.0.1:${listening.port}`)
    .replace("http://localhost:3002", queries.url);
  await Bun.write(path, `${program}\nexport {};\n`);
  const checked = Bun.spawnSync(
    [
      ...["bunx", "tsc", "--noEmit", "--ignoreConfig", "--strict", "--skipLibCheck", "--target", "ESNext"],
      ...["--module", "Preserve", "--allowImportingTsExtensions", "--lib", "ESNext,DOM,DOM.AsyncIterable"],
      ...["--types", "", path],
    ],
    { cwd: fileURLToPath(new URL(".", import.meta.url)) },
  );
  expect([checked.exitCode, String(checked.stdout)]).toEqual([0, ""]);

  const running = Bun.spawn([process.execPath, path], { stderr: "inherit" });
  let ended = false;
  const exited = running.exited.finally(() => {
    ended = true;
  });
  const projecting = (async () => {
    for (; !ended; await Bun.sleep(20)) await projectAll();
  })();
  // The program follows until something is deleted.
  await eventually(async () => expect(await queries.metric("millrace_query_stream_clients")).toBe(1));
  const [order] = await shop.sql<{ id: string }[]>`select id from orders`;
  await commands.send("DELETE", `/orders/${order?.id}`);
  expect(await exited).toBe(0);
  await projecting;
  // It may have been shipped before anybody followed.
  const printed = (await new Response(running.stdout).text()).replace("SHIPPED\n", "");
  expect(printed).toBe(`CREATED\n${order?.id} 1\n`);
});

async function projectAll(): Promise<void> {
  const streams = await shop.sql<{ id: string }[]>`select distinct substr(stream, 7) as id from events`;
  if (streams.length > 0) await shop.projectOrders(streams.map(({ id }) => id));
}
