// What is to be written, all or nothing.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Refusal } from "./refusal.ts";

export interface Plan {
  /** Texts of new files, by path from the checkout's root. */
  readonly created: ReadonlyMap<string, string>;
  /** New texts of files that exist, by path. */
  readonly changed: ReadonlyMap<string, string>;
  /** Name of the migration, where tables were added. */
  readonly migration?: string;
  /** Whether a package is imported that was not before. */
  readonly install?: boolean;
}

/** Runs a program of the checkout. @throws for what it says where it fails */
export type Run = (command: readonly string[]) => void;

/** @throws Refusal, and what a program says that fails; the checkout is as it was then, but for a migration half made */
export function carryOut(root: string, { created, changed, migration, install }: Plan, run: Run): string[] {
  for (const path of created.keys()) {
    if (existsSync(join(root, path))) throw new Refusal(`${path} is there already`);
  }
  const before = new Map([...changed.keys()].map((path) => [path, readFileSync(join(root, path), "utf8")]));
  try {
    for (const [path, text] of [...created, ...changed]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    if (install) run(["bun", "install"]);
    run(["bunx", "biome", "check", "--write", ...created.keys(), ...changed.keys()]);
    if (migration !== undefined) run(["bunx", "drizzle-kit", "generate", "--name", migration]);
    // A shop that `bun run new shop` made has neither.
    if (existsSync(join(root, "shared/client"))) run(["bun", "run", "client"]);
    if (existsSync(join(root, "shared/shop/testing/keep-examples.ts"))) run(["bun", "run", "examples"]);
  } catch (error) {
    for (const path of created.keys()) rmSync(join(root, path), { force: true });
    for (const [path, text] of before) writeFileSync(join(root, path), text);
    throw error;
  }
  return [...created.keys(), ...changed.keys()];
}
