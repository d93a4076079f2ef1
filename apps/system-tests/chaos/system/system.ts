// A whole Millrace of its own: Postgres, Kafka and every process, in a temporary folder, on free ports.

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
import { type App, ownVariable } from "@millrace/platform/apps";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { migrate } from "@millrace/platform/migrate";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { asRole, databaseRoles } from "@millrace/rights/database-roles";
import { grantRights } from "@millrace/rights/grant";
import { randomPasswords } from "@millrace/rights/passwords";
import { shop } from "@millrace/shop/shop";
import { type Door, freeDoors, type Networks, openNetworks } from "./doors.ts";
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
  readonly networks: Networks;
  ofKind(kind: ServiceKind): Service[];
  /** The first of a kind, by its own port. */
  addressOf(kind: ServiceKind): string;
  /** A request to the first command API, with a body of JSON. */
  send(method: string, path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
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
export const ONE_OF_EACH: SystemOptions["processes"] = {
  "command-api": 1,
  relay: 1,
  projector: 1,
  processes: 1,
  "query-api": 1,
};
/** The console comes last: it asks the others how they are. */
const ALL_KINDS: readonly ServiceKind[] = [...KINDS, "console"];
/** Two cores start ten processes at once, with Kafka just up. */
const READY_WITHIN_MS = 90_000;
const ROLE_PREFIX = "millrace_";
const CHECKOUT = fileURLToPath(new URL("../../../..", import.meta.url));

export async function startSystem(options: SystemOptions): Promise<System> {
  const { say = () => {}, root = CHECKOUT } = options;
  const directory = mkdtempSync(join(tmpdir(), "millrace-chaos-"));
  // Postgres runs as another user where we are root, who must be able to enter.
  chmodSync(directory, 0o755);
  const guard = startGuard();
  guard.removeAtEnd(directory);
  const doors = await freeDoors(ALL_KINDS);
  const { postgres, kafka } = await startServers(directory, doors, { guard, say });
  const networks = await openNetworks(doors, postgres.port);
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
  const { urlOf, prepare } = signIn(postgres.url);
  await prepare(postgres.url);
  await ensureTopics(client, shop.topicSizing(readConfig({})));

  const services: Service[] = [];
  const system: System = {
    ...{ directory, root, guard, postgres, kafka, sql, db, client, urlOf, prepare, services, networks, say },
    ofKind: (kind) => services.filter((service) => service.kind === kind),
    addressOf: (kind) => addressOf(system.ofKind(kind)[0]),
    send: (method, path, body, headers = {}) =>
      fetch(`${system.addressOf("command-api")}${path}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    add: adder(
      { doors, services, logs: emptied(options.logs ?? join(directory, "logs")) },
      options,
      () => system,
    ),
    remove: (service) => void services.splice(services.indexOf(service), 1),
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
      const proxies = Object.values(networks).flatMap((network) => [network.postgres, network.kafka]);
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await guard.close();
    },
  };
  for (const kind of ALL_KINDS)
    for (let n = 0; n < (options.processes[kind] ?? 0); n++) await system.add(kind);
  return system;
}

async function startServers(
  directory: string,
  doors: readonly Door[],
  by: { guard: Guard; say(line: string): void },
): Promise<Pick<System, "postgres" | "kafka">> {
  const [postgres, kafka] = await Promise.all([
    startPostgres({ directory: join(directory, "postgres"), ...by }),
    startKafka({
      directory: join(directory, "kafka"),
      cache: join(CHECKOUT, ".millrace/cache"),
      ...by,
      entrances: doors.map((door) => ({ port: door.entrance, advertised: door.kafka })),
    }),
  ]);
  return { postgres, kafka };
}

/** Each app by a role and a password of its own. */
function signIn(url: string): Pick<System, "urlOf" | "prepare"> {
  const roles = databaseRoles(ROLE_PREFIX);
  const passwords = randomPasswords();
  return {
    urlOf: (app) => asRole(url, { role: roles.of[app], password: passwords[app] }),
    async prepare(databaseUrl) {
      await migrate(databaseUrl);
      const log = createLog("chaos", "silent");
      await grantRights({ databaseUrl, rightsOf: shop, prefix: ROLE_PREFIX, passwords, log });
    },
  };
}

function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What starts one more process: by its kind's own door, with its app's own login. */
function adder(
  { doors, services, logs }: { doors: readonly Door[]; services: Service[]; logs: string },
  { environment, say = () => {} }: SystemOptions,
  systemOf: () => System,
): System["add"] {
  const started: Partial<Record<ServiceKind, number>> = {};
  return async (kind, as = {}) => {
    const system = systemOf();
    const door = doors.find((each) => each.kind === kind) as Door;
    const port = await freePort();
    started[kind] = (started[kind] ?? 0) + 1;
    const name = `${kind}-${started[kind]}`;
    const url = new URL(system.urlOf(kind));
    url.port = String(door.postgres);
    const service = startService({
      ...{ kind, name, port, guard: system.guard, say },
      ...{ root: as.root ?? system.root, preload: as.preload },
      logFile: join(logs, `${name}.log`),
      environment: {
        // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
        ...process.env,
        LOG_LEVEL: "info",
        ...environment,
        ...as.environment,
        DATABASE_URL: url.href,
        KAFKA_BROKERS: `127.0.0.1:${door.kafka}`,
        COMMAND_API_URL: addressOf(system.ofKind("command-api")[0] ?? { port }),
        [ownVariable(kind, "PORT")]: String(port),
        ...(kind === "console" ? { MILLRACE_PROCESSES: processesOf(services) } : {}),
      },
    });
    services.push(service);
    return service;
  };
}

function addressOf(service: { readonly port: number } | undefined): string {
  return `http://127.0.0.1:${service?.port}`;
}

/** Addresses of the processes, as MILLRACE_PROCESSES gives them to the console. */
function processesOf(services: readonly Service[]): string {
  return services.map((service) => `${service.kind}=127.0.0.1:${service.port}`).join(",");
}
