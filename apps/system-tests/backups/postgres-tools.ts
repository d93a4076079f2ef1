// pg_dump and its like, of the version of the embedded server: npm's package has only the server, PyPI's has all.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../guide/blocks.ts";

const PACKAGE = "embedded-postgres==18.6.3";
const CACHE = join(ROOT, ".millrace/cache/postgres-tools-18.6.3");
const LEAST = 18;

/** The folder with the programs, copied into `directory`, where any user may run them; undefined where there are none. */
export function postgresTools(directory: string): string | undefined {
  const [, installed = "0"] = /(\d+)\./.exec(said(["pg_dump", "--version"])) ?? [];
  if (Number(installed) >= LEAST) return "";
  if (!existsSync(CACHE) && !bring()) return undefined;
  const copy = join(directory, "tools");
  cpSync(CACHE, copy, { recursive: true });
  openToAll(copy);
  return join(copy, "embedded_postgres/pginstall/bin");
}

function bring(): boolean {
  mkdirSync(join(CACHE, ".."), { recursive: true });
  const partial = mkdtempSync(`${CACHE}.partial-`);
  const python = (...words: string[]) => Bun.spawnSync(["python3", "-m", ...words]).exitCode === 0;
  const isThere =
    Bun.which("python3") !== null &&
    python("pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", partial, PACKAGE) &&
    readdirSync(partial).every((wheel) =>
      python("zipfile", "-e", join(partial, wheel), `${partial}/unpacked`),
    );
  if (isThere) renameSync(join(partial, "unpacked"), CACHE);
  rmSync(partial, { recursive: true, force: true });
  return isThere;
}

/** Python's zipfile forgets which files are programs. */
function openToAll(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true })) chmodSync(join(folder, String(entry)), 0o755);
}

function said(command: string[]): string {
  return Bun.which(command[0] as string) ? Bun.spawnSync(command).stdout.toString() : "";
}
