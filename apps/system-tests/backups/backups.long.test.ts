// The page on backups, as a person works through it on a system that is at work: its commands are run, a section at a
// time, and what it does not run (apps and servers that are stopped and started) is done here.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chownSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@millrace/testing/eventually";
import { ONE_OF_EACH, type System, startSystem } from "../chaos/system/system.ts";
import { type Block, blocksOf, linesMatch, ROOT, readPage } from "../guide/blocks.ts";
import { opsEnvironment } from "../ops/run-ops.ts";
import { postgresTools } from "./postgres-tools.ts";

const PAGE = "shared/guide/backups.md";
/** Longest time, in ms, until what was asked for once more has come to all readers: an audit gives Kafka a minute. */
const LEVEL_WITHIN_MS = 120_000;

const text = await readPage(PAGE);
const blocks = blocksOf(text);
const run = new Set<Block>();
let system: System;
let tools: string | undefined;
let environment: Record<string, string | undefined>;
/** Of the server's processes, who own its folder. */
let user: { uid: number; gid: number };

beforeAll(async () => {
  system = await startSystem({
    processes: ONE_OF_EACH,
    environment: { MILLRACE_AUDIT_MS: "0" },
  });
  await system.ready();
  tools = postgresTools(system.directory);
  const cluster = join(system.directory, "postgres/cluster");
  const { uid, gid } = statSync(join(cluster, "PG_VERSION"));
  user = { uid, gid };
  const backups = join(system.directory, "backups");
  mkdirSync(backups);
  for (const folder of [backups, join(system.directory, "postgres")]) chownSync(folder, uid, gid);
  const inherited: Record<string, string | undefined> = opsEnvironment(system);
  environment = {
    ...inherited,
    PATH: `${tools}:${inherited.PATH}`,
    ...{ PGDATA: cluster, BACKUPS: backups, NO_COLOR: "1" },
  };
}, 300_000);
afterAll(() => system?.stop(), 60_000);

/** What a heading of the page shows, in its order: what is printed has to be what the page shows below. */
async function follow(heading: string, { upTo = Number.POSITIVE_INFINITY, from = 0 } = {}): Promise<void> {
  for (const block of sectionOf(heading).slice(from, upTo)) {
    if (block.language !== "sh") continue;
    const shown = blocks[blocks.indexOf(block) + 1];
    const attempt = async () => {
      const printed = await shell(block);
      if (shown?.language === "text" && !linesMatch(printed, shown.text))
        throw new Error(
          `${PAGE}, line ${block.line}: the page shows\n${shown.text}\nand printed was\n${printed}`,
        );
    };
    const mayBeAskedAgain = /^(bun run ops (lag|audit)|curl )/.test(block.text);
    await (mayBeAskedAgain ? eventually(attempt, { withinMs: LEVEL_WITHIN_MS, everyMs: 500 }) : attempt());
    run.add(block);
  }
}

function sectionOf(heading: string): Block[] {
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`${PAGE} has no section "${heading}"`);
  const next = text.indexOf("\n## ", start + 1);
  const lineAt = (at: number) => text.slice(0, at < 0 ? text.length : at).split("\n").length;
  return blocks.filter(({ line }) => line > lineAt(start) && line <= lineAt(next));
}

/** Postgres' programs as the server's user and with its owner's login, all others as we are. */
async function shell({ text: commands, line }: Block): Promise<string> {
  const isOurs = /^(bun|curl) /.test(commands);
  const child = Bun.spawn(
    ["bash", "-euc", commands.replaceAll("localhost:3003", `127.0.0.1:${system.ofKind("relay")[0]?.port}`)],
    {
      cwd: isOurs ? ROOT : system.directory,
      env: {
        ...environment,
        ...(isOurs && !commands.includes("migrate") ? {} : { DATABASE_URL: system.postgres.url }),
      },
      ...(isOurs || process.getuid?.() !== 0 ? {} : user),
      ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    },
  );
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${PAGE}, line ${line}: ended with ${code}\n${out}${err}`);
  return out;
}

async function order(id: string): Promise<void> {
  await send("POST", "/orders", { orderId: id, customer: "Ann", items: ["lamp"] });
  await shows(id, "CREATED");
}

async function send(method: string, path: string, body: unknown): Promise<void> {
  const answer = await system.send(method, path, body);
  expect({ path, ok: answer.ok }).toEqual({ path, ok: true });
}

async function shows(id: string, status: string): Promise<void> {
  await eventually(
    async () => {
      const answer = await fetch(`${system.addressOf("query-api")}/orders/${id}`);
      expect(await answer.json()).toMatchObject({ id, status });
    },
    { withinMs: LEVEL_WITHIN_MS, everyMs: 100 },
  );
}

const eventsOf = async (id: string) =>
  (await system.sql`select 1 from events where stream = ${`order-${id}`}`).length;

async function restart(server: "postgres" | "kafka", meanwhile: () => Promise<void> | void): Promise<void> {
  await system.pause();
  await system[server].stop();
  await meanwhile();
  await system[server].start();
}

test("a dump is restored with every event", async () => {
  if (tools === undefined) return console.error("not proven: no pg_dump 18 here, and none from PyPI");
  await order("first");
  await follow("A dump");
}, 120_000);

test("the log is archived, and a base backup is whole", async () => {
  if (tools === undefined) return;
  await follow("A base backup and the log", { upTo: 1 });
  await restart("postgres", () => {});
  system.resume();
  await system.ready();
  await follow("A base backup and the log", { from: 1 });
}, 180_000);

// Seen to fail with storePermit never looking: all three went on, and /readyz named nothing.
test("restored to a moment, nobody goes on with what Kafka alone holds until the topics are filled again", async () => {
  if (tools === undefined) return;
  await order("kept");
  const [row] = await system.sql<{ moment: string }[]>`select clock_timestamp()::text as moment`;
  environment = { ...environment, MOMENT: row?.moment };
  await order("lost");
  await send("PATCH", "/orders/first", { status: "shipped" });
  await shows("first", "SHIPPED");

  await restart("postgres", () => follow("Back to a point in time"));
  expect([await eventsOf("kept"), await eventsOf("lost")]).toEqual([1, 0]);
  system.resume();
  await follow("Postgres is earlier than Kafka", { upTo: 3 });
  // Accepted, and under the version that the lost event had.
  await send("PATCH", "/orders/first", { status: "cancelled" });
  await follow("Postgres is earlier than Kafka", { from: 3 });
  await system.ready();
  await shows("first", "CANCELLED");
  await shows("kept", "CREATED");
  expect((await fetch(`${system.addressOf("query-api")}/orders/lost`)).status).toBe(404);
}, 400_000);

test("a Kafka that is lost is filled again from the store, and everything goes on", async () => {
  if (tools === undefined) return;
  await restart("kafka", () => rmSync(join(system.directory, "kafka/data"), { recursive: true }));
  await follow("Only Kafka is lost", { upTo: 1 });
  system.resume();
  await system.ready();
  await order("later");
  await follow("Only Kafka is lost", { from: 1 });
  expect(blocks.filter((block) => block.language === "sh" && !run.has(block))).toEqual([]);
}, 400_000);
