// A whole Millrace of its own: Postgres, Kafka and every process, in a temporary folder, on free ports. Each
// kind of process reaches Postgres and Kafka through proxies of its own, so that its network can be broken.

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureTopics } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { type Guard, startGuard } from "@millrace/local/guard";
import { type EmbeddedKafka, startKafka } from "@millrace/local/kafka";
import { freePort } from "@millrace/local/ports";
import { type EmbeddedPostgres, startPostgres } from "@millrace/local/postgres";
import type { App } from "@millrace/platform/apps";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { asRole, databaseRoles } from "@millrace/rights/database-roles";
import { grantRights } from "@millrace/rights/grant";
import { randomPasswords } from "@millrace/rights/passwords";
import { shop } from "@millrace/shop/shop";
import { type NetworkProxy, startProxy } from "./proxy.ts";
import { type Service, type ServiceKind, startService } from "./service.ts";

export interface System {
  readonly directory: string;
  readonly guard: Guard;
  readonly postgres: EmbeddedPostgres;
  readonly kafka: EmbeddedKafka;
  /** Past the proxies, for looking and for harm that no network does. */
  readonly sql: Sql;
  readonly db: Database;
  readonly client: KafkaClient;
  /** The database as an app signs in to it, past the proxies. */
  urlOf(app: App): string;
  /** Brings a database to this checkout's schema, roles and rights. */
  prepare(databaseUrl: string): Promise<void>;
  readonly services: readonly Service[];
  readonly networks: Readonly<Record<ServiceKind, { postgres: NetworkProxy; kafka: NetworkProxy }>>;
  ofKind(kind: ServiceKind): Service[];
  /** Starts one more process of a kind, as the others or with a deviation; resolves at once. */
  add(kind: ServiceKind, as?: Deviation): Promise<Service>;
  /** The checkout whose code runs; a rollout changes it. */
  root: string;
  /** Forgets a process that has left. */
  remove(service: Service): void;
  /** Topics that were deleted and created anew: what they held first is gone, and its order with it. */
  readonly recreated: Set<string>;
  /** Topics of which records were deleted, with the store's last position then: only what nobody has read is sent again. */
  readonly forgotten: Map<string, number>;
  /** Ends every process in good order, and starts none. */
  pause(): Promise<void>;
  resume(): void;
  /** Every process answers that it is ready. */
  ready(withinMs?: number): Promise<void>;
  say(line: string): void;
  stop(): Promise<void>;
}

/** In what one process differs from the others. */
export interface Deviation {
  readonly root?: string;
  readonly preload?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface SystemOptions {
  /** How many of each kind; none where it is not named. */
  readonly processes: Partial<Record<ServiceKind, number>>;
  /** The checkout whose code runs; this one by default. */
  readonly root?: string;
  /** Where the processes' logs are kept beyond the end; with the data, and gone with it, by default. */
  readonly logs?: string;
  readonly environment?: Record<string, string>;
  say?(line: string): void;
}

/** What the system needs to do its work. */
export const KINDS: readonly ServiceKind[] = ["command-api", "relay", "projector", "processes", "query-api"];
/** The console comes last: it asks the others how they are. */
const ALL_KINDS: readonly ServiceKind[] = [...KINDS, "console"];
const PORT_VARIABLES: Record<ServiceKind, string> = {
  "command-api": "COMMAND_API_PORT",
  "query-api": "QUERY_API_PORT",
  relay: "RELAY_PORT",
  projector: "PROJECTOR_PORT",
  processes: "PROCESSES_PORT",
  console: "CONSOLE_PORT",
};
/** Two cores start ten processes at once, with Kafka just up. */
const READY_WITHIN_MS = 90_000;
const ROLE_PREFIX = "millrace_";
const ROLES = databaseRoles(ROLE_PREFIX);
const CHECKOUT = fileURLToPath(new URL("../../../..", import.meta.url));

export async function startSystem(options: SystemOptions): Promise<System> {
  const { say = () => {}, root = CHECKOUT } = options;
  const directory = mkdtempSync(join(tmpdir(), "millrace-chaos-"));
  // Postgres runs as another user where we are root, who must be able to enter.
  chmodSync(directory, 0o755);
  const logs = options.logs ?? join(directory, "logs");
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const guard = startGuard();
  guard.removeAtEnd(directory);

  const doors: Door[] = [];
  for (const kind of ALL_KINDS) {
    doors.push({ kind, entrance: await freePort(), kafka: await freePort(), postgres: await freePort() });
  }
  const [postgres, kafka] = await Promise.all([
    startPostgres({ directory: join(directory, "postgres"), guard, say }),
    startKafka({
      directory: join(directory, "kafka"),
      cache: join(CHECKOUT, ".millrace/cache"),
      guard,
      say,
      entrances: doors.map((door) => ({ port: door.entrance, advertised: door.kafka })),
    }),
  ]);
  const networks = Object.fromEntries(
    await Promise.all(
      doors.map(async (door) => [
        door.kind,
        {
          postgres: await startProxy({ listen: door.postgres, target: postgres.port }),
          kafka: await startProxy({ listen: door.kafka, target: door.entrance }),
        },
      ]),
    ),
  ) as System["networks"];
  const { sql, db } = connectPostgres({
    url: postgres.url,
    name: "chaos",
    connectionsMax: 8,
    answerWithinMs: 0,
  });
  const client = createKafka({
    names: shop.kafkaNames,
    brokers: [kafka.broker],
    clientId: "chaos",
    log: createLog("chaos", "silent"),
  });
  const passwords = randomPasswords();
  const urlOf = (app: App) => asRole(postgres.url, { role: ROLES.of[app], password: passwords[app] });
  const prepare = async (databaseUrl: string) => {
    await migrate(databaseUrl);
    const log = createLog("chaos", "silent");
    await grantRights({ databaseUrl, rightsOf: shop, prefix: ROLE_PREFIX, passwords, log });
  };
  await prepare(postgres.url);
  await ensureTopics(client, shop.topicSizing(readConfig({})));

  const services: Service[] = [];
  const started: Partial<Record<ServiceKind, number>> = {};
  const add: System["add"] = async (kind, as = {}) => {
    const door = doors.find((each) => each.kind === kind) as Door;
    const ownPort = await freePort();
    started[kind] = (started[kind] ?? 0) + 1;
    const name = `${kind}-${started[kind]}`;
    const commandApi = services.find((service) => service.kind === "command-api");
    const url = new URL(urlOf(kind));
    url.port = String(door.postgres);
    const environment = {
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      ...process.env,
      LOG_LEVEL: "info",
      ...options.environment,
      ...as.environment,
      DATABASE_URL: url.href,
      KAFKA_BROKERS: `127.0.0.1:${door.kafka}`,
      COMMAND_API_URL: `http://127.0.0.1:${commandApi?.port ?? ownPort}`,
      [PORT_VARIABLES[kind]]: String(ownPort),
      ...(kind === "console" ? { MILLRACE_PROCESSES: addressesOf(services) } : {}),
    };
    const logFile = join(logs, `${name}.log`);
    const code = { root: as.root ?? system.root, preload: as.preload };
    const service = startService({ kind, name, port: ownPort, guard, ...code, environment, logFile, say });
    services.push(service);
    return service;
  };
  const system: System = {
    directory,
    root,
    guard,
    postgres,
    kafka,
    sql,
    db,
    client,
    urlOf,
    prepare,
    services,
    networks,
    ofKind: (kind) => services.filter((service) => service.kind === kind),
    add,
    remove(service) {
      services.splice(services.indexOf(service), 1);
    },
    say,
    recreated: new Set(),
    forgotten: new Map(),
    async pause() {
      await Promise.all(services.map((service) => service.pause()));
    },
    resume() {
      for (const service of services) service.resume();
    },
    async ready(withinMs = READY_WITHIN_MS) {
      await Promise.all(services.map((service) => service.ready(withinMs)));
    },
    async stop() {
      await Promise.all(services.map((service) => service.terminate({ leave: true })));
      await sql.end({ timeout: 1 });
      await Promise.all([postgres.kill(), kafka.kill()]);
      for (const network of Object.values(networks)) {
        await Promise.all([network.postgres.close(), network.kafka.close()]);
      }
      await guard.close();
    },
  };
  for (const kind of ALL_KINDS) for (let n = 0; n < (options.processes[kind] ?? 0); n++) await add(kind);
  return system;
}

/** As the console is told them. */
function addressesOf(services: readonly Service[]): string {
  return services.map((service) => `${service.kind}=127.0.0.1:${service.port}`).join(",");
}

/** Where one kind of process finds Kafka and Postgres, and what stands behind. */
interface Door {
  readonly kind: ServiceKind;
  readonly entrance: number;
  readonly kafka: number;
  readonly postgres: number;
}
