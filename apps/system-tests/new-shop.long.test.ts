// `bun run new shop` as a team would use it: a folder of its own, whose gate and tests pass, whose notes are made, changed and
// read by HTTP and Kafka beside `bun run dev`, and in which nothing speaks of the shop that stayed behind.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@millrace/local/ports";
import { eventually } from "@millrace/testing/eventually";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WITHIN_MS = 900_000;

/** Names of the shop that stayed behind and of its dialects, its stock included. What says "order" for a sequence, and a database's users, may stand. */
const LEFT_BEHIND =
  /\b(orders|orders?[-_](?!by\b)\w+|order(Id|s|By(?=Id))|payments?|[a-z]*Payments?[A-Z]?\w*|(create|change|ship|cancel)Order|Order[A-Z]\w+|an order|price list|simulated|prod-1|skus?|SKUs?|reservations?|[a-z]*(Stock|Reservation)[A-Z]?\w*|notebook|Laptop|MILLRACE_(ORDER|GATEWAY|PRICES|SHIP|PAYMENT)\w*)\b/g;

/** Of each package that has tables, and functions in Postgres, a test that uses most of them. */
const OF_THE_MIGRATION = [
  ...[
    "store/append",
    "relay/relay-fates",
    "projector/checkpoint",
    "processes/tasks",
    "callbacks/callback-routes",
  ],
  ...["access/keys", "trail/trail", "rebuild/switch", "webhooks/handler", "registry/tiny-shop"],
].map((name) => `shared/engine/${name}.int.test.ts`);

let parent: string;
let mine: string;
let environment: Record<string, string>;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "millrace-shop-"));
  mine = join(parent, "mine");
  const ports: Record<string, string> = {};
  for (const name of ["COMMAND_API", "QUERY_API", "CONSOLE", "RELAY", "PROJECTOR", "PROCESSES"])
    ports[`${name}_PORT`] = String(await freePort());
  // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
  const { DATABASE_URL: _, KAFKA_BROKERS: __, ...inherited } = process.env as Record<string, string>;
  environment = {
    ...{ ...inherited, ...ports, NO_COLOR: "1" },
    COMMAND_API_URL: `http://localhost:${ports.COMMAND_API_PORT}`,
    QUERY_API_URL: `http://localhost:${ports.QUERY_API_PORT}`,
  };
}, WITHIN_MS);
afterAll(() => rmSync(parent, { recursive: true, force: true }));

function run(folder: string, command: readonly string[], expected = 0): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    ...{ cwd: folder, stdin: "ignore", env: environment },
  });
  const printed = `${stdout}${stderr}`;
  if (exitCode !== expected) throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${printed}`);
  return printed;
}

const leftBehind = (text: string) => [...new Set(text.match(LEFT_BEHIND) ?? [])];

describe("bun run new shop", () => {
  test(
    "makes a folder that passes the gate and its tests at once, and will not write over one",
    () => {
      run(ROOT, ["bun", "run", "new", "shop", mine]);
      expect(run(ROOT, ["bun", "run", "new", "shop", mine], 2)).toContain(`${mine} is there already`);
      // Kafka's jars, which Maven would bring again.
      const jars = join(ROOT, ".millrace/cache");
      if (existsSync(jars)) cpSync(jars, join(mine, ".millrace/cache"), { recursive: true });
      run(mine, ["bun", "install", "--frozen-lockfile"]);
      run(mine, ["bun", "run", "check"]);
      // The engine's own integration tests run here, over the same files; there, what shows that the new migration is whole.
      const ignored = ["**/*.long.test.ts", "shared/engine/**/*.int.test.*"];
      const others = ignored.flatMap((pattern) => ["--path-ignore-patterns", pattern]);
      expect(run(mine, ["bun", "test", ...others])).toMatch(/\n *0 fail\n/);
      for (const path of OF_THE_MIGRATION) expect([path, existsSync(join(mine, path))]).toEqual([path, true]);
      expect(run(mine, ["bun", "test", ...OF_THE_MIGRATION])).toMatch(/\n *0 fail\n/);
    },
    WITHIN_MS,
  );

  test(
    "runs by bun run dev, where notes are made, read, changed and sent by Kafka, and nothing speaks of another shop",
    async () => {
      const log = join(mine, "dev.log");
      const dev = Bun.spawn(["bun", "run", "dev"], {
        ...{ cwd: mine, env: environment, stdin: "ignore" },
        ...{ stdout: Bun.file(log), stderr: Bun.file(join(mine, "dev-errors.log")) },
      });
      try {
        const ready = async () => expect(await Bun.file(log).text()).toContain("Millrace is ready");
        await eventually(ready, { withinMs: 180_000 });
        await byTheCurlThatIsShown(await Bun.file(log).text());
        await byHttp();
        await byKafka();
        const said: [string, string][] = [
          ["what bun run dev prints", await Bun.file(log).text()],
          ...(await pages()),
          ...helps(),
        ];
        for (const [where, text] of said)
          expect({ where, words: leftBehind(text) }).toEqual({ where, words: [] });
        expect(run(mine, ["bun", "run", "ops", "audit", "--all"])).not.toContain("lost");
      } finally {
        dev.kill("SIGINT");
        await dev.exited;
      }
    },
    WITHIN_MS,
  );

  test("no file that a team edits or reads first speaks of another shop", async () => {
    const edited = [
      ...["*.{md,json,yaml,ts,toml}", "Dockerfile", "apps/*/*.ts", "apps/*/package.json", "migrations/*.sql"],
      ...["shared/shop/**/*.{ts,json,md}", "shared/deploy/**/*.{md,yaml,env,sh}"],
    ];
    const paths = edited.flatMap((glob) => [...new Bun.Glob(glob).scanSync(mine)]);
    const read = paths.filter((path) => !path.includes("node_modules"));
    expect(read).toEqual(expect.arrayContaining(["README.md", "compose.yaml", "apps/dev/announce.ts"]));
    const found: { path: string; words: string[] }[] = [];
    for (const path of read) {
      const words = leftBehind(await Bun.file(join(mine, path)).text());
      if (words.length > 0) found.push({ path, words });
    }
    expect(found).toEqual([]);
  });

  test(
    "grows by bun run new as the shop that it was made from does",
    () => {
      run(mine, ["bun", "run", "new", "aggregate", "shipment", "--fields", "carrier:text,price:money"]);
      run(mine, ["bun", "run", "new", "command", "note", "pin", "--past", "pinned"]);
      run(mine, ["bun", "run", "new", "process", "labels", "--on", "shipment"]);
      run(mine, ["bun", "run", "check"]);
      const own = ["shared/shop", "apps/system-tests"];
      expect(run(mine, ["bun", "test", ...own])).toMatch(/\n *0 fail\n/);
    },
    WITHIN_MS,
  );
});

async function ask(method: string, url: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers };
  const response = await fetch(url, { method, ...sent });
  return { status: response.status, body: await response.json() };
}

/** The first of what it says to try. */
async function byTheCurlThatIsShown(log: string): Promise<void> {
  const [, write = "", read = ""] = /Try:\n([\s\S]*?'\n) *(curl [^\n]*)\n/.exec(log) ?? [];
  expect(JSON.parse(run(mine, ["sh", "-c", write]))).toMatchObject({ text: "Buy pens", version: 1 });
  await eventually(() => expect(run(mine, ["sh", "-c", read])).toContain("Buy pens"));
}

async function byHttp(): Promise<void> {
  const [writes, reads] = [environment.COMMAND_API_URL, environment.QUERY_API_URL];
  const made = await ask("POST", `${writes}/notes`, { id: "n-1", text: "milk" });
  expect(made).toMatchObject({ status: 201, body: { id: "n-1", text: "milk", done: false, version: 1 } });
  expect(await ask("PATCH", `${writes}/notes/n-1`, { done: true })).toMatchObject({ status: 200 });
  const read = await ask("GET", `${reads}/notes/n-1?minVersion=2&wait=20000`);
  expect(read).toMatchObject({ status: 200, body: { text: "milk", done: true, version: 2 } });
  expect((await ask("GET", `${reads}/notes`)).body).toContainEqual(expect.objectContaining({ id: "n-1" }));
  expect((await ask("GET", `${reads}/notes/none`)).body).toMatchObject({ code: "note_not_found" });
}

async function byKafka(): Promise<void> {
  const command = JSON.stringify({ type: "createNote", data: { id: "n-2", text: "ink" } });
  run(mine, ["bun", "run", "ops", "topics", "produce", "commands", command]);
  await eventually(async () => {
    expect(await ask("GET", `${environment.QUERY_API_URL}/notes/n-2`)).toMatchObject({ status: 200 });
  });
}

/** What people and programs are shown. */
async function pages(): Promise<[string, string][]> {
  const site = `http://localhost:${environment.CONSOLE_PORT}`;
  const urls = [
    ...[environment.COMMAND_API_URL, environment.QUERY_API_URL].flatMap((api) => [
      `${api}/`,
      `${api}/docs`,
      `${api}/openapi.json`,
      `${api}/problems`,
    ]),
    ...["/", "/notes", "/notes/n-1", "/streams", "/topics", "/processes", "/dead-letters"].map(
      (path) => site + path,
    ),
  ];
  return Promise.all(
    urls.map(async (url): Promise<[string, string]> => {
      const response = await fetch(url, { headers: { accept: "text/html, application/json" } });
      expect({ url, status: response.status }).toEqual({ url, status: 200 });
      return [url, await response.text()];
    }),
  );
}

function helps(): [string, string][] {
  const commands = [
    [],
    ...["topics", "lag", "events", "why", "keys", "dead-letters", "processes", "projections"].map((each) => [
      each,
    ]),
    ...["tail", "describe", "produce"].map((each) => ["topics", each]),
  ];
  return commands.map((words) => [
    `ops ${words.join(" ")}`,
    run(mine, ["bun", "run", "ops", ...words, "--help"]),
  ]);
}
