// A broker and a database set up as managed ones are: TLS by an authority of their own, and SASL. That somebody
// is let in proves little by itself, so each way in has tests of somebody wrong who is refused.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { kafkaSecurity } from "@millrace/kafka/security";
import { type Guard, startGuard } from "@millrace/local/guard";
import { type EmbeddedKafka, startKafka } from "@millrace/local/kafka";
import { freePort } from "@millrace/local/ports";
import { type EmbeddedPostgres, startPostgres } from "@millrace/local/postgres";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres } from "@millrace/platform/postgres";
import { shop } from "@millrace/shop/shop";
import { eventually } from "@millrace/testing/eventually";
import { type Authority, authority } from "./certificates.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const log = createLog("encrypted-test", "silent");
const PASSWORD = "correct horse";
/** The listener whose certificate names this machine, and the one whose certificate names another. */
const [OURS, ANOTHERS] = ["entrance0", "entrance1"];

let guard: Guard;
let postgres: EmbeddedPostgres;
let kafka: EmbeddedKafka;
let trusted: Authority;
let stranger: Authority;
let secured: string;
let misnamed: string;
const apps: Bun.Subprocess[] = [];

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-encrypted-"));
  // Postgres runs as another user where we are root, who must be able to enter.
  chmodSync(directory, 0o755);
  guard = startGuard();
  guard.removeAtEnd(directory);
  [trusted, stranger] = await Promise.all([
    authority(directory, "trusted"),
    authority(directory, "stranger"),
  ]);
  // Its name, and not its address.
  const database = await trusted.issue("database", "DNS:localhost");
  const broker = await trusted.issue("broker", "DNS:localhost,IP:127.0.0.1");
  const elsewhere = await trusted.issue("elsewhere", "DNS:broker.example");
  const [port, otherPort] = [await freePort(), await freePort()];
  secured = `127.0.0.1:${port}`;
  misnamed = `127.0.0.1:${otherPort}`;
  [postgres, kafka] = await Promise.all([
    startPostgres({ directory: join(directory, "postgres"), guard, tls: database }),
    startKafka({
      directory: join(directory, "kafka"),
      cache: join(ROOT, ".millrace/cache"),
      guard,
      entrances: [
        { port, advertised: port, protocol: "SASL_SSL" },
        { port: otherPort, advertised: otherPort, protocol: "SASL_SSL" },
      ],
      properties: { ...listener(OURS, broker.bundle), ...listener(ANOTHERS, elsewhere.bundle) },
      scramUsers: ["SCRAM-SHA-256", "SCRAM-SHA-512"].map(
        (mechanism) => `${mechanism}=[name=millrace,password=${PASSWORD}]`,
      ),
    }),
  ]);
});

afterAll(async () => {
  for (const app of apps) app.kill("SIGKILL");
  await Promise.all(apps.map((app) => app.exited));
  await Promise.all([postgres?.kill(), kafka?.kill()]);
  await guard.close();
});

function listener(name: string | undefined, bundle: string): Record<string, string> {
  const of = (property: string) => `listener.name.${name}.${property}`;
  const login = "org.apache.kafka.common.security";
  return {
    [of("ssl.keystore.type")]: "PEM",
    [of("ssl.keystore.location")]: bundle,
    [of("sasl.enabled.mechanisms")]: "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    [of("plain.sasl.jaas.config")]: `${login}.plain.PlainLoginModule required user_millrace="${PASSWORD}";`,
    [of("scram-sha-256.sasl.jaas.config")]: `${login}.scram.ScramLoginModule required;`,
    [of("scram-sha-512.sasl.jaas.config")]: `${login}.scram.ScramLoginModule required;`,
  };
}

describe("Postgres over TLS", () => {
  test("verify-full: the named authority and the name are asked for, and the session is encrypted", async () => {
    expect(await connect({ host: "localhost", parameters: { sslmode: "verify-full" } })).toBe("encrypted");
  });

  test("an authority alone asks for verify-full", async () => {
    expect(await connect({ host: "localhost" })).toBe("encrypted");
    expect(await connect({ host: "127.0.0.1" })).toBe("refused");
  });

  test("verify-full refuses a certificate that another authority signed", async () => {
    expect(await connect({ host: "localhost", by: stranger })).toBe("refused");
  });

  test("verify-ca takes a certificate for another name, and none of another authority", async () => {
    const parameters = { sslmode: "verify-ca" };
    expect(await connect({ host: "127.0.0.1", parameters })).toBe("encrypted");
    expect(await connect({ host: "127.0.0.1", parameters, by: stranger })).toBe("refused");
  });

  test("require encrypts, and disable does not", async () => {
    const none = { by: undefined };
    expect(await connect({ host: "127.0.0.1", parameters: { sslmode: "require" }, ...none })).toBe(
      "encrypted",
    );
    expect(await connect({ host: "127.0.0.1", parameters: { sslmode: "disable" }, ...none })).toBe("plain");
  });
});

describe("Kafka over TLS with SASL", () => {
  test.each(["plain", "scram-sha-256", "scram-sha-512"])("%s is let in", async (mechanism) => {
    expect(await topicsSeen({ KAFKA_SASL_MECHANISM: mechanism })).toBe("seen");
  });

  test("a wrong password is refused", async () => {
    expect(await topicsSeen({ KAFKA_SASL_PASSWORD: "wrong" })).toBe("refused");
  });

  test("a broker whose certificate another authority signed is not spoken to", async () => {
    expect(await topicsSeen({ KAFKA_TLS_CA_FILE: stranger.file })).toBe("refused");
  });

  test("nor is one whose certificate names another machine", async () => {
    expect(await topicsSeen({ KAFKA_BROKERS: misnamed })).toBe("refused");
  });
});

test("an order goes all the way, and every session with Postgres is encrypted", async () => {
  const ports = await Promise.all(
    ["COMMAND_API_PORT", "QUERY_API_PORT", "RELAY_PORT", "PROJECTOR_PORT"].map(free),
  );
  const environment = {
    ...kafkaVariables(),
    ...postgresVariables(),
    ...Object.assign({}, ...ports),
  };
  const config = readConfig(environment);
  await migrate(config.DATABASE_URL);
  const kafka = createKafka({
    names: shop.kafkaNames,
    brokers: config.KAFKA_BROKERS,
    security: kafkaSecurity(config),
    clientId: "encrypted-test",
    log,
  });
  await ensureTopics(kafka, shop.topicSizing(config));
  for (const name of ["command-api", "relay", "projector", "query-api"]) {
    const words = [process.execPath, `apps/${name}/main.ts`];
    apps.push(Bun.spawn(words, { cwd: ROOT, env: environment, stdio: ["ignore", "ignore", "ignore"] }));
  }

  const id = await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${config.COMMAND_API_PORT}/orders`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ customer: "Alice", items: ["pen"] }),
      });
      expect(answer.status).toBe(201);
      return ((await answer.json()) as { id: string }).id;
    },
    { withinMs: 60_000 },
  );
  await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${config.QUERY_API_PORT}/orders/${id}?minVersion=1`);
      expect(answer.status).toBe(200);
    },
    { withinMs: 60_000 },
  );

  const { sql } = connectPostgres({ url: postgres.url, name: "spy", connectionsMax: 1 });
  const sessions = await sql<{ name: string; ssl: boolean }[]>`
    select distinct application_name as name, ssl from pg_stat_activity join pg_stat_ssl using (pid)
    where datname = current_database() and pid <> pg_backend_pid() order by 1`;
  await sql.end();
  const names = new Set(sessions.map(({ name }) => name.split(" order-events")[0]));
  for (const name of [
    "command-api",
    "relay",
    "relay-lanes",
    "projector-actor",
    "query-api",
    "query-api listener",
  ])
    expect(names).toContain(name);
  expect(sessions.filter(({ ssl }) => !ssl)).toEqual([]);
});

async function free(variable: string): Promise<Record<string, string>> {
  return { [variable]: String(await freePort()) };
}

function kafkaVariables(changed: Record<string, string> = {}): Record<string, string> {
  return {
    KAFKA_BROKERS: secured,
    KAFKA_TLS_CA_FILE: trusted.file,
    KAFKA_SASL_MECHANISM: "scram-sha-512",
    KAFKA_SASL_USERNAME: "millrace",
    KAFKA_SASL_PASSWORD: PASSWORD,
    ...changed,
  };
}

function postgresVariables(): Record<string, string> {
  const url = new URL(postgres.url);
  url.hostname = "localhost";
  url.searchParams.set("sslmode", "verify-full");
  return { DATABASE_URL: url.href, DATABASE_CA_FILE: trusted.file };
}

interface Way {
  readonly host: string;
  readonly parameters?: Record<string, string>;
  readonly by?: Authority | undefined;
}

async function connect({ host, parameters = {}, ...way }: Way): Promise<"encrypted" | "plain" | "refused"> {
  const url = new URL(postgres.url);
  url.hostname = host;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const by = "by" in way ? way.by : trusted;
  const config = readConfig({ DATABASE_URL: url.href, ...(by && { DATABASE_CA_FILE: by.file }) });
  const { sql } = connectPostgres({ url: config.DATABASE_URL, name: "encrypted-test", connectionsMax: 1 });
  try {
    const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    return row?.ssl ? "encrypted" : "plain";
  } catch {
    return "refused";
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function topicsSeen(changed: Record<string, string>): Promise<"seen" | "refused"> {
  const config = readConfig(kafkaVariables(changed));
  const client = createKafka({
    names: shop.kafkaNames,
    brokers: config.KAFKA_BROKERS,
    security: kafkaSecurity(config),
    clientId: "encrypted-test",
    log,
  });
  const admin = client.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.listTopics();
    return "seen";
  } catch {
    return "refused";
  } finally {
    await admin.disconnect();
  }
}
