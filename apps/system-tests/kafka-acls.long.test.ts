// The whole shop at a broker with an authorizer, each app by its own principal: all flows work by what the table gives, and
// what an app is not given it says itself.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "@millrace/local/child";
import { freePort } from "@millrace/local/ports";
import { type App, ownVariable } from "@millrace/platform/apps";
import { readConfig } from "@millrace/platform/config";
import { grantKafkaRights } from "@millrace/rights/grant-kafka";
import { eventually } from "@millrace/testing/eventually";
import { testStack } from "@millrace/testing/stack";
import { type Ended, runOps } from "./ops/run-ops.ts";
import { type SecuredKafka, type Somebody, startSecuredKafka } from "./secured-kafka.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Seven programs start on two cores. */
const READY = { withinMs: 120_000, everyMs: 100 };
const STOP_WITHIN_MS = 15_000;
const APPS = ["command-api", "query-api", "relay", "projector", "processes", "console"] as const;

let kafka: SecuredKafka;
let shared: Record<string, string | undefined>;
const children: Child[] = [];
const ports: Record<string, string> = {};
let drop: () => Promise<void>;

beforeAll(async () => {
  const [started, { freshDatabase }] = await Promise.all([startSecuredKafka(), testStack()]);
  const database = await freshDatabase();
  kafka = started;
  drop = database.drop;
  for (const app of APPS) ports[ownVariable(app, "PORT")] = String(await freePort());
  shared = {
    PATH: Bun.env.PATH,
    MILLRACE_WEBHOOK_KEYS: randomBytes(32).toString("base64"),
    DATABASE_URL: database.url,
    MILLRACE_REPLY_TOPICS: "flows-replies-*",
    KAFKA_PRINCIPALS: "User:millrace-{app}",
    COMMAND_API_URL: `http://127.0.0.1:${ports.COMMAND_API_PORT}`,
    LOG_LEVEL: "error",
    VISIBLE_WITHIN_MS: "60000",
    ...ports,
  };
});

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop(STOP_WITHIN_MS)));
  await kafka.stop();
  await drop();
});

function environmentOf(who: Somebody | "query-api"): Record<string, string | undefined> {
  // Which signs in to no Kafka.
  return who === "query-api" ? shared : { ...shared, ...kafka.variablesOf(who) };
}

async function run(who: Somebody, file: string): Promise<{ code: number; out: string }> {
  const child = Bun.spawn([process.execPath, file], {
    cwd: ROOT,
    env: environmentOf(who),
    stderr: "inherit",
  });
  const [out, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  return { code, out };
}

async function readiness(app: App): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${ports[ownVariable(app, "PORT")]}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

function start(app: (typeof APPS)[number]): void {
  const child = startChild({
    command: [process.execPath, `apps/${app}/main.ts`],
    guard: kafka.guard,
    cwd: ROOT,
    environment: environmentOf(app),
    output: { line: (line) => console.error(line) },
  });
  children.push(child);
}

function ops(...words: readonly string[]): Promise<Ended> {
  return runOps(environmentOf("ops"), ...words);
}

test("an app whose rights are missing says which on /readyz, and goes on once it has them", async () => {
  start("projector");
  await eventually(async () => {
    const { status, text } = await readiness("projector");
    expect(status).toBe(503);
    expect(text).toContain("User:millrace-projector has no right to");
    expect(text).toContain("bun run ops kafka acls");
  }, READY);
  // As who sets the cluster up does it, once, for the migration too.
  const config = readConfig(shared);
  await grantKafkaRights({ kafka: kafka.clientOf("admin"), config });
  expect(await run("migrate", "apps/migrate/main.ts")).toMatchObject({ code: 0 });
  await eventually(async () => expect((await readiness("projector")).status).toBe(200), READY);
});

test("every flow works with each app by its own principal", async () => {
  for (const app of APPS.filter((each) => each !== "projector")) start(app);
  await Promise.all(
    APPS.map((app) => eventually(async () => expect((await readiness(app)).status).toBe(200), READY)),
  );
  const flows = await run("admin", "apps/system-tests/flows.ts");
  expect(flows).toMatchObject({ code: 0, out: expect.stringContaining("9 passed, 0 failed") });
});

test("the console shows topics, records and lag by its own principal", async () => {
  for (const path of [
    "/topics",
    "/topics/orders-commands/messages",
    "/topics/order-events",
    "/lag",
    "/partitions",
  ]) {
    const answer = await fetch(`http://127.0.0.1:${ports.CONSOLE_PORT}${path}`);
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  }
});

test("ops sees, compares and builds anew by its own principal, and may not delete or write", async () => {
  const lag = await ops("lag", "--json");
  expect({ code: lag.code, err: lag.err }).toEqual({ code: 0, err: "" });
  expect((await ops("topics", "list")).out).toContain("order-events");
  expect((await ops("installation")).code).toBe(0);
  expect(await ops("audit", "--all")).toMatchObject({ code: 0 });
  expect(await ops("projections", "rebuild", "orders")).toMatchObject({ code: 0 });
  const deleted = await ops("topics", "delete", "order-events", "--yes");
  expect(deleted.code).toBe(1);
  expect(deleted.err).toContain("User:millrace-ops has no right to delete topic order-events");
  const sent = await ops("topics", "produce", "orders-commands", "{}");
  expect(sent.err).toContain("User:millrace-ops has no right to write to topic orders-commands");
});
