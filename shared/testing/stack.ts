// The Postgres and Kafka that integration tests run against: real ones, started by the first test that asks,
// shared by the whole run and ended with it. It must never be imported by anything but tests.
import { randomBytes } from "node:crypto";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres } from "@millrace/platform/postgres";
import { chooseServers } from "./choose-servers.ts";

export interface TestServer {
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same data and address; resolves when it serves. */
  start(): Promise<void>;
}

/** What a kind of stack brings. */
export interface TestServers {
  /** For people: what runs where. */
  readonly description: string;
  /** Of a database from which others may be created. */
  readonly databaseUrl: string;
  readonly brokers: string[];
  readonly postgres: TestServer;
  readonly kafka: TestServer;
  stop(): Promise<void>;
}

export interface TestStack extends TestServers {
  /** A new database with the current schema, for one test file or one test. */
  freshDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>;
  /** For topics, groups and the like, so that tests which share a broker don't meet. */
  uniqueName(prefix: string): string;
}

/** Found by preload.ts, which ends the stack after the last test, and by every copy of this module. */
const HOLDER = globalThis as { [key: symbol]: Promise<TestStack> | undefined };
const TEST_INSTALLATION = "00000000-0000-4000-8000-000000000000";
const KEY = Symbol.for("millrace.test-stack");

/** The run's stack; started by the first call, which takes some seconds. */
export function testStack(): Promise<TestStack> {
  HOLDER[KEY] ??= startStack();
  return HOLDER[KEY];
}

async function startStack(): Promise<TestStack> {
  const servers = await chooseServers(process.env.MILLRACE_TEST_STACK);
  console.error(`test stack: ${servers.description}`);
  const admin = connectPostgres({ url: servers.databaseUrl, name: "test-stack", connectionsMax: 2 }).sql;
  let template: Promise<string> | undefined;

  async function makeTemplate(): Promise<string> {
    const name = uniqueName("template");
    await admin`create database ${admin(name)}`;
    const url = urlOf(servers.databaseUrl, name);
    await migrate(url);
    // All test databases are one installation, in this run and in others on the same servers.
    const { sql } = connectPostgres({ url, name: "test-stack", connectionsMax: 1 });
    await sql`update installation set id = ${TEST_INSTALLATION}`;
    await sql.end();
    return name;
  }

  async function freshDatabase() {
    template ??= makeTemplate();
    const source = await template;
    const name = uniqueName("test");
    await admin`create database ${admin(name)} template ${admin(source)}`;
    const drop = async () => {
      await admin`drop database if exists ${admin(name)} with (force)`;
    };
    return { url: urlOf(servers.databaseUrl, name), drop };
  }

  async function stop() {
    const made = await template?.catch(() => undefined);
    if (made) await admin`drop database if exists ${admin(made)} with (force)`.catch(() => {});
    await admin.end({ timeout: 1 });
    await servers.stop();
  }
  return { ...servers, freshDatabase, uniqueName, stop };
}

function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

function urlOf(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
