// What a figure was measured on: without it, none can be compared.
import { cpus, loadavg, totalmem } from "node:os";
import { ROOT } from "./stack.ts";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Over the last minute, when the benchmark began. */
  readonly load: number;
  /** With a + where the tree differs from it; undefined outside of a checkout. */
  readonly commit: string | undefined;
}

export function describeMachine(): Machine {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? Number.NaN,
    commit: commitOf(),
  };
}

function commitOf(): string | undefined {
  if (!Bun.which("git")) return undefined;
  const git = (...words: string[]) => Bun.spawnSync(["git", ...words], { cwd: ROOT, stderr: "ignore" });
  const commit = git("rev-parse", "HEAD").stdout.toString().trim();
  const changed = git("status", "--porcelain").stdout.length > 0;
  return commit ? `${commit}${changed ? "+" : ""}` : undefined;
}
