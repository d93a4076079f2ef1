import { expect, test } from "bun:test";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@millrace/testing/eventually";

/** Starts a guard and two children of which one ignores SIGTERM, prints their numbers, and stays. */
const LAUNCHER = `
  const { startGuard } = await import(${JSON.stringify(new URL("./guard.ts", import.meta.url).href)});
  const guard = startGuard();
  guard.removeAtEnd(process.argv.at(-1));
  const polite = Bun.spawn(["sleep", "600"], { detached: true });
  const deaf = Bun.spawn(["sh", "-c", "trap '' TERM; sleep 600 & wait; wait"], { detached: true });
  for (const child of [polite, deaf]) guard.watch(child.pid, { endSignal: "SIGTERM", last: false });
  await Bun.sleep(100);
  console.log(JSON.stringify({ guard: guard.pid, polite: polite.pid, deaf: deaf.pid }));
  await Bun.sleep(600_000);
`;

interface Numbers {
  readonly guard: number;
  readonly polite: number;
  readonly deaf: number;
}

test("kill -9 of a launcher ends its process groups, its folder and in the end the guard", async () => {
  const { launcher, numbers, folder } = await startLauncher();
  launcher.kill("SIGKILL");
  await eventually(() => expect(Object.values(numbers).filter(isRunning)).toEqual([]));
  await eventually(() => expect(groupExists(numbers.deaf)).toBe(false));
  expect(existsSync(folder)).toBe(false);
});

test("a guard that was killed is replaced by one that knows as much", async () => {
  const { launcher, numbers } = await startLauncher();
  const before = childrenOf(launcher.pid);
  process.kill(numbers.guard, "SIGKILL");
  await eventually(() =>
    expect(childrenOf(launcher.pid).filter((pid) => !before.includes(pid))).toHaveLength(1),
  );
  launcher.kill("SIGKILL");
  await eventually(() => expect([numbers.polite, numbers.deaf].filter(isRunning)).toEqual([]));
});

async function startLauncher() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-guard-"));
  const launcher = Bun.spawn([process.execPath, "-e", LAUNCHER, folder], { stdout: "pipe" });
  const { value } = await launcher.stdout.getReader().read();
  return { launcher, folder, numbers: JSON.parse(new TextDecoder().decode(value)) as Numbers };
}

function childrenOf(pid: number): number[] {
  const printed = Bun.spawnSync(["pgrep", "-P", String(pid)]).stdout.toString();
  return printed.trim().split(/\s+/).map(Number);
}

function isRunning(pid: number): boolean {
  return exists(pid) && !/^State:\s+Z/m.test(Bun.spawnSync(["cat", `/proc/${pid}/status`]).stdout.toString());
}

function groupExists(pid: number): boolean {
  return exists(-pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
