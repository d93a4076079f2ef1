// One `bun run dev` per data folder: two would each start a Postgres on the same files.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Lock {
  /** True where an earlier run crashed: what it left may still be ending. */
  readonly afterCrash: boolean;
  release(): void;
}

/** @throws when a living run holds it, naming it. */
export function takeLock(path: string): Lock {
  mkdirSync(dirname(path), { recursive: true });
  const holder = holderOf(path);
  if (holder !== undefined && isDev(holder)) {
    throw new Error(
      `another "bun run dev" (pid ${holder}) works on ${dirname(path)} already: stop that one first, ` +
        "or give this one a folder of its own with MILLRACE_DIRECTORY",
    );
  }
  if (holder !== undefined) rmSync(path, { force: true });
  // "wx" fails where another run was quicker than we are.
  writeFileSync(path, String(process.pid), { flag: "wx" });
  return { afterCrash: holder !== undefined, release: () => rmSync(path, { force: true }) };
}

function holderOf(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch {
    return undefined;
  }
}

/** The number alone may have gone to another program since. */
function isDev(pid: number): boolean {
  if (pid === process.pid) return false;
  return Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)])
    .stdout.toString()
    .includes("apps/dev/main.ts");
}
