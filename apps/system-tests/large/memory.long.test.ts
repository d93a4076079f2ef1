// The worst that clients may send, from 2,000 connections at once while Kafka is away, and the backlog that it leaves:
// every process stays below the memory that its container is given, and all of it becomes visible in the end.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startChild } from "@millrace/local/child";
import { readConfig } from "@millrace/platform/config";
import { eventually } from "@millrace/testing/eventually";
import { startMemoryWatch } from "../chaos/system/memory-watch.ts";
import { ONE_OF_EACH, type System, startSystem } from "../chaos/system/system.ts";

const CONNECTIONS = 2_000;
/** Enough that a backlog read at once would pass every limit; MILLRACE_LARGE_ORDERS=20000 asks for more, by hand. */
// biome-ignore lint/style/noProcessEnv: a test's own setting, which no process of Millrace reads
const ORDERS = Number(process.env.MILLRACE_LARGE_ORDERS ?? 1_000);
const WITHIN_MS = 1_800_000;

let system: System;

beforeAll(async () => {
  system = await startSystem({ processes: ONE_OF_EACH, environment: environmentOfImage() });
  await system.ready();
});
afterAll(() => system.stop());

test(
  "the largest bodies from 2,000 connections, and their backlog, keep processes below their containers' memory",
  async () => {
    const watch = startMemoryWatch(system.services);
    await system.kafka.kill();
    const sendingFrom = Date.now();
    const answers = new Map<string, number>();
    await sendLargeBodies((line) => {
      const [status = ""] = line.split(" ");
      answers.set(status, (answers.get(status) ?? 0) + 1);
    });
    console.error(
      `large bodies: ${[...answers].map(([status, count]) => `${count} answers of ${status}`).join(", ")}`,
    );
    console.error(`large bodies: taken within ${Date.now() - sendingFrom} ms`);
    expect(answers.get("201")).toBeGreaterThanOrEqual(ORDERS);
    expect([...answers.keys()].filter((status) => !["201", "503", "0"].includes(status))).toEqual([]);
    const startedAt = Date.now();
    await system.kafka.start();
    // Small events of large orders: a thousand of them are for a quarter of a gigabyte of rows.
    await eventually(
      async () => {
        const [row] = await system.sql<{ paid: number }[]>`
          select count(*)::int as paid from orders where id like 'large-%' and payment <> 'PENDING'`;
        if ((row?.paid ?? 0) < ORDERS) throw new Error(`${row?.paid} of ${ORDERS} are visible and paid`);
      },
      { withinMs: WITHIN_MS, everyMs: 500 },
    );
    console.error(`large bodies: visible and paid after ${Date.now() - startedAt} ms`);
    await readLargePages();
    const most = watch.stop().map((one) => ({ ...one, limitBytes: containerLimit(one.kind) }));
    for (const { name, mostBytes, limitBytes } of most) {
      const [had, of] = [mostBytes, limitBytes].map((bytes) => Math.round(bytes / 1e6));
      console.error(`memory: ${name} had ${had} MB at most, of ${of} MB`);
    }
    expect(most.filter(({ mostBytes, limitBytes }) => mostBytes >= limitBytes)).toEqual([]);
    expect(system.services.flatMap(({ crashes }) => crashes)).toEqual([]);
  },
  WITHIN_MS,
);

async function sendLargeBodies(take: (line: string) => void): Promise<void> {
  const [commandApi] = system.ofKind("command-api");
  const bodyBytes = readConfig({}).MILLRACE_BODY_BYTES_MAX;
  const words = [`http://127.0.0.1:${commandApi?.port}`, CONNECTIONS, ORDERS, bodyBytes].map(String);
  const client = startChild({
    command: [process.execPath, fileURLToPath(new URL("./large-bodies.ts", import.meta.url)), ...words],
    guard: system.guard,
    cwd: system.directory,
    // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
    environment: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(CONNECTIONS) },
    output: { line: take },
  });
  await client.exited;
}

const READERS = 64;

/** Pages, one history and one past each, of nothing but large documents, all at once. */
async function readLargePages(): Promise<void> {
  const [queryApi] = system.ofKind("query-api");
  const url = `http://127.0.0.1:${queryApi?.port}/orders`;
  const paths = ["?limit=1000", "/large-0-0/history", "/large-0-0?version=1", "/large-0-0/why"];
  const asked = Array.from({ length: READERS }, (_, reader) =>
    fetch(`${url}${paths[reader % paths.length]}`),
  );
  const statuses = await Promise.all(
    asked.map(async (answer) => {
      const response = await answer;
      await response.arrayBuffer();
      return response.status;
    }),
  );
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses).toContain(200);
}

/** What the image gives each process beside its address, since it is its container that has a limit. */
function environmentOfImage(): Record<string, string> {
  const file = readFileSync(fileURLToPath(new URL("../../../Dockerfile", import.meta.url)), "utf8");
  const settings = [...file.matchAll(/\b((?:BUN|MIMALLOC)_\w+)=(\w+)/g)];
  if (settings.length === 0) throw new Error("The Dockerfile sets nothing for Bun");
  return Object.fromEntries(settings.map(([, name = "", value = ""]) => [name, value]));
}

/** As the manifests give it, bytes. */
function containerLimit(kind: string): number {
  const file = fileURLToPath(new URL(`../../../shared/deploy/kubernetes/base/${kind}.yaml`, import.meta.url));
  const limit = /limits: \{ memory: (\d+)Mi \}/.exec(readFileSync(file, "utf8"))?.[1];
  if (!limit) throw new Error(`${file} names no limit of memory`);
  return Number(limit) * 1_048_576;
}
