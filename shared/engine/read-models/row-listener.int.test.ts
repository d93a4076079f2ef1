import { afterAll, beforeAll, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { hashOf, printRowsChanged, ROWS_CHANNEL, type RowsChanged } from "./row-changes.ts";
import { listenToRows } from "./row-listener.ts";

let sql: Sql;
let database: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  database = await (await testStack()).freshDatabase();
  ({ sql } = connectPostgres({ url: database.url, name: "listener-test", connectionsMax: 2 }));
}, 60_000);
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const sessions = (name: string) => sql<{ pid: number; state: string; query: string }[]>`
  select pid, state, query from pg_stat_activity
  where application_name = ${`${name} listener`} and datname = current_database()`;

function listen(name: string) {
  const heard: (RowsChanged | "missed")[] = [];
  let unreadable = 0;
  const listener = listenToRows({
    url: database.url,
    name,
    log: createLog("listener-test", "silent"),
    subscribers: [{ rowsChanged: (changed) => heard.push(changed), missed: () => heard.push("missed") }],
    onUnreadable: () => unreadable++,
  });
  return { heard, listener, unreadable: () => unreadable };
}

test("what can't be read is counted, may have meant any row, and ends no connection", async () => {
  const { heard, listener, unreadable } = listen("unreadable");
  await eventually(() => expect(listener.connected()).toBe(true));
  const [before] = await sessions("unreadable");
  const changed = { projection: "things", hashes: [hashOf("one")] };
  for (const payload of ["not JSON", "null", "", printRowsChanged(changed)]) {
    await sql.notify(ROWS_CHANNEL, payload);
  }
  await eventually(() => expect(heard).toEqual(["missed", "missed", "missed", "missed", changed]));
  expect(unreadable()).toBe(3);
  expect(await sessions("unreadable")).toMatchObject([{ pid: before?.pid }]);
  await listener.stop();
});

// Seen to fail without a bound on the answer: the listener waited for as long as TCP does.
test("a LISTEN that is never answered is given up, and tried again", async () => {
  let connections = 0;
  const silent = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => void connections++,
      // Authenticated and ready for a statement, and never heard of again.
      data: (socket, bytes) => {
        if (bytes[0] !== 0x51) socket.write(Buffer.from("520000000800000000" + "5a0000000549", "hex"));
      },
    },
  });
  const listener = listenToRows({
    url: `postgres://nobody@127.0.0.1:${silent.port}/nothing`,
    name: "silent",
    log: createLog("listener-test", "silent"),
    subscribers: [],
    bounds: { answerMs: 500, unsentMs: 1_000 },
  });
  await eventually(() => expect(connections).toBeGreaterThan(1));
  expect(listener.connected()).toBe(false);
  silent.stop(true);
  await listener.stop();
});

const FROZEN = `
  import { createLog } from "@millrace/platform/log";
  import { listenToRows } from "${fileURLToPath(new URL("row-listener.ts", import.meta.url))}";
  const bounds = { answerMs: 5_000, unsentMs: 1_000 };
  listenToRows({ url: process.argv[1], name: "frozen", log: createLog("t", "silent"), subscribers: [], bounds });`;

// Seen to fail without tcp_user_timeout: the session kept its place in the queue for as long as its process stood still.
test("a process that stands still does not hold up the notifications of all others", async () => {
  const frozen = Bun.spawn([process.execPath, "-e", FROZEN, database.url], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    // A session is there before it listens, and one that was stopped in between is in nobody's way.
    await eventually(async () =>
      expect(await sessions("frozen")).toMatchObject([
        { state: "idle", query: expect.stringContaining("listen") },
      ]),
    );
    frozen.kill("SIGSTOP");
    const payload = "x".repeat(7_900);
    await eventually(
      async () => {
        // Until all that the system keeps between the two is full.
        await sql`select pg_notify(${ROWS_CHANNEL}, ${payload} || number) from generate_series(1, 500) as number`;
        expect(await sessions("frozen")).toHaveLength(0);
      },
      { withinMs: 20_000 },
    );
  } finally {
    frozen.kill("SIGKILL");
    await frozen.exited;
  }
}, 40_000);
