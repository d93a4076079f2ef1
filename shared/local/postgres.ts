// A real PostgreSQL for this machine: durable, on 127.0.0.1 only, owned by the process that started it.
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectPostgres } from "@millrace/platform/postgres";
import { bySocket } from "@millrace/platform/postgres-address";
import { type Child, startChild } from "./child.ts";
import type { Guard } from "./guard.ts";
import { endLeftBehind } from "./left-behind.ts";
import { freePort } from "./ports.ts";
import { type PostgresPlaces, postgresPlaces } from "./postgres-programs.ts";
import { CLUSTER_WORDS, SETTINGS, settingWords } from "./postgres-settings.ts";
import { type OwnedServer, ownedServer } from "./server.ts";

export interface EmbeddedPostgresOptions {
  /** Its data lives below; made where it is missing. */
  readonly directory: string;
  readonly guard: Guard;
  /** A free one is chosen where it is not given. */
  readonly port?: number;
  /** With it the server takes encrypted connections as well, under this certificate. */
  readonly tls?: ServerTls;
  /** Called with lines for a person, such as where data went that could not stay in the folder. */
  readonly say?: (line: string) => void;
}

/** In PEM. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
}

export interface EmbeddedPostgres extends OwnedServer {
  /** Of the database `millrace`, as its owner. */
  readonly url: string;
  /** The same by a Unix-domain socket, which costs less than TCP on each way; by TCP where there can't be one. */
  readonly nearUrl: string;
  readonly port: number;
}

const NAME = "millrace";

/** Recovery after kill -9 replays what was written since the last checkpoint; on a slow disk that takes a while. */
const START_WITHIN_MS = 60_000;
/** Fast shutdown writes a checkpoint. */
const STOP_WITHIN_MS = 15_000;
/** Processes of a killed server end by themselves, and its shared memory must be free before the next starts. */
const LINGER_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** Starts PostgreSQL on its folder, which is made on first use. @throws when it can't, with its last lines. */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const places = postgresPlaces(options.directory, options.say ?? (() => {}));
  if (!existsSync(join(places.cluster, "PG_VERSION"))) await makeCluster(places, options);
  const port = options.port ?? (await freePort());
  const url = `postgres://${NAME}:${NAME}@127.0.0.1:${port}/${NAME}`;
  const server = ownedServer({
    name: "Postgres",
    startWithinMs: START_WITHIN_MS,
    stopWithinMs: STOP_WITHIN_MS,
    launch: () => launch({ places, port, ...options }),
    isReady: (child) => saysReady(places, child.pid),
  });
  const start = () => startOnceFree(server, logOf(options));
  await start();
  await makeDatabase(url);
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    start,
    url,
    nearUrl: hasSocket(places, port) ? bySocket(url, places.cluster) : url,
    port,
  };
}

function logOf({ directory }: Pick<EmbeddedPostgresOptions, "directory">): string {
  return join(directory, "postgres.log");
}

/**
 * After kill -9, processes of the killed server may hold its memory for a moment; Postgres then refuses. Each of them writes
 * a line of its own after that, so the last lines alone need not say why.
 */
async function startOnceFree(server: OwnedServer, log: string): Promise<void> {
  const deadline = Date.now() + LINGER_WITHIN_MS;
  for (;;) {
    const before = Bun.file(log).size;
    try {
      return await server.start();
    } catch (error) {
      const said = await Bun.file(log).slice(before).text();
      if (Date.now() > deadline || !/is still in use/.test(said)) throw error;
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }
}

async function launch(
  options: EmbeddedPostgresOptions & { places: PostgresPlaces; port: number },
): Promise<Child> {
  const { places, guard, directory } = options;
  const pidFile = join(places.cluster, "postmaster.pid");
  const left = await endLeftBehind({ pidFile, commandHolds: places.cluster, endSignal: "SIGINT" });
  // Postgres clears a stale file by itself, except where its number now belongs to another program.
  if (left === "number reused") rmSync(pidFile, { force: true });
  return startChild({
    command: [join(places.programs, "bin/postgres"), "-D", places.cluster, ...settings(options)],
    guard,
    cwd: "/",
    environment: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    user: places.user,
    output: { file: logOf({ directory }) },
    endSignal: "SIGINT",
    endsLast: true,
  });
}

function settings({
  places,
  port,
  tls,
}: {
  places: PostgresPlaces;
  port: number;
  tls?: ServerTls;
}): string[] {
  return settingWords({
    ...SETTINGS,
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: hasSocket(places, port) ? places.cluster : "",
    ...(tls ? { ssl: "on", ...tlsFiles(places, tls) } : {}),
  });
}

/** Systems take no longer paths of sockets, in bytes; Windows has none that Postgres and Bun agree on. */
const SOCKET_PATH_MAX = 100;

function hasSocket({ cluster }: PostgresPlaces, port: number): boolean {
  const path = join(cluster, `.s.PGSQL.${port}.lock`);
  // Commas separate folders where Postgres is told of them, and hosts in a URL.
  const canBeNamed = process.platform !== "win32" && !/[,"]/.test(path);
  return canBeNamed && Buffer.byteLength(path) <= SOCKET_PATH_MAX;
}

/** Postgres takes a key only from its own user, and from no file that others may read. */
function tlsFiles(places: PostgresPlaces, tls: ServerTls): { ssl_cert_file: string; ssl_key_file: string } {
  const write = (name: string, text: string) => {
    const path = join(places.cluster, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (places.user) chownSync(path, places.user.uid, places.user.gid);
    return path;
  };
  return { ssl_cert_file: write("server.crt", tls.certificate), ssl_key_file: write("server.key", tls.key) };
}

/** initdb into a folder beside, renamed when complete: a start that was cut off leaves nothing half made. */
async function makeCluster(places: PostgresPlaces, options: EmbeddedPostgresOptions): Promise<void> {
  const partial = `${places.cluster}.partial`;
  const passwordFile = `${partial}.password`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  writeFileSync(passwordFile, NAME);
  if (places.user)
    for (const path of [partial, passwordFile]) chownSync(path, places.user.uid, places.user.gid);
  const initdb = startChild({
    command: [
      join(places.programs, "bin/initdb"),
      `--pgdata=${partial}`,
      `--username=${NAME}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      ...CLUSTER_WORDS,
    ],
    guard: options.guard,
    cwd: "/",
    environment: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    user: places.user,
    output: { line: () => {} },
  });
  const exit = await initdb.exited;
  rmSync(passwordFile, { force: true });
  if (exit.code !== 0)
    throw new Error(
      `Postgres' data folder could not be made. initdb says:\n  ${initdb.lastLines().join("\n  ")}`,
    );
  renameSync(partial, places.cluster);
}

/** What Postgres says of itself in its pid file, as pg_ctl reads it; an earlier run's file has another number. */
function saysReady(places: PostgresPlaces, pid: number): boolean {
  const STATUS_LINE = 7;
  try {
    const lines = readFileSync(join(places.cluster, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[STATUS_LINE]?.trim() === "ready";
  } catch {
    return false;
  }
}

async function makeDatabase(url: string): Promise<void> {
  const server = new URL(url);
  server.pathname = "/postgres";
  const { sql } = connectPostgres({ url: server.href, name: "infrastructure", connectionsMax: 1 });
  try {
    const found = await sql`select 1 from pg_database where datname = ${NAME}`;
    if (found.length === 0) await sql`create database ${sql(NAME)}`;
  } finally {
    await sql.end();
  }
}
