// The process as it is run: it serves, and SIGTERM ends it without losing what it took.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/local/ports";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

async function startProcess(brokers: string) {
  const port = await freePort();
  const child = Bun.spawn(
    [process.execPath, fileURLToPath(new URL("../../../apps/command-api/main.ts", import.meta.url))],
    {
      env: { DATABASE_URL: api.databaseUrl, KAFKA_BROKERS: brokers, COMMAND_API_PORT: String(port) },
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200));
  return { child, url };
}

const post = (url: string, body: unknown) =>
  fetch(`${url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("201: orders are taken while Kafka is away, and SIGTERM ends the process with 0", async () => {
  const { child, url } = await startProcess("127.0.0.1:1");
  const response = await post(url, { customer: "No Kafka", items: ["pen"] });
  expect(response.status).toBe(201);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('process="command-api"');
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

test("SIGTERM under load: what was answered 201 is stored, what was taken is answered, exit 0", async () => {
  const { child, url } = await startProcess((await testStack()).brokers.join(","));
  const accepted: string[] = [];
  let stopped = false;
  let broken = 0;
  const client = async () => {
    while (!stopped) {
      const response = await post(url, { customer: "Drained", items: ["pen"] }).catch(() => undefined);
      // Refused at the door: the listening socket is closed.
      if (!response) return;
      if (response.status !== 201) broken++;
      else accepted.push(((await response.json()) as { id: string }).id);
    }
  };
  const clients = Array.from({ length: 16 }, client);
  await eventually(() => expect(accepted.length).toBeGreaterThan(200));
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  stopped = true;
  await Promise.all(clients);
  const stored =
    await api.sql`select substr(stream, 7) as id from events where data ->> 'customer' = 'Drained'`;
  expect(stored.map(({ id }) => id).sort()).toEqual(accepted.sort());
  expect(broken).toBe(0);
});
