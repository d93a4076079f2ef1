// A second checkout beside this one, to be changed and run: for mutants, and for code that is newer than what runs.
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";

/** Copies what git knows of a checkout, uncommitted changes included, with packages of its own. @throws where git or Bun fail. */
export function copyCheckout(from: string, to: string): void {
  const listed = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: from,
  });
  // A copy of a copy has no repository: it is copied whole.
  const files =
    listed.exitCode === 0
      ? listed.stdout.toString().split("\0").filter(Boolean)
      : [...new Bun.Glob("**").scanSync(from)];
  for (const file of files.filter((each) => existsSync(join(from, each)))) {
    cpSync(join(from, file), join(to, file));
  }
  const installed = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], { cwd: to });
  if (installed.exitCode !== 0) throw new Error(`bun install failed in ${to}: ${installed.stderr}`);
}
