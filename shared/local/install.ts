// Brings the workspace's packages. Runs before there are any, so it imports Bun's and Node's own modules only,
// and is itself imported by path.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODULES = join(ROOT, "node_modules");
/** Holds the hash of the packages that were installed last; goes away with the folder. */
const STAMP = join(MODULES, ".millrace-packages");

/** Whether there is nothing to import yet. */
export function packagesMissing(): boolean {
  return !existsSync(MODULES);
}

/** Whether an install would find something to do, or nobody can tell. */
export function packagesOutdated(): boolean {
  return packagesMissing() || !existsSync(STAMP) || readFileSync(STAMP, "utf8") !== hashOfPackages();
}

/** `bun install --frozen-lockfile` with its output shown. @returns its exit code. */
export async function installPackages(): Promise<number> {
  const install = Bun.spawn([process.execPath, "install", "--frozen-lockfile"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await install.exited;
  if (code === 0) writeFileSync(STAMP, hashOfPackages());
  return code;
}

/** Of the lockfile and the patches, which it names without their content. */
function hashOfPackages(): string {
  const { patchedDependencies = {} } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = ["bun.lock", ...(Object.values(patchedDependencies) as string[])];
  return Bun.hash(Buffer.concat(files.map((file) => readFileSync(join(ROOT, file))))).toString(36);
}
