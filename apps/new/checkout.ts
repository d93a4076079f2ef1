// The checkout that is written to.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AggregateFiles } from "./command.ts";
import { Refusal } from "./refusal.ts";
import { REFUSALS, SHOP } from "./templates/aggregate.ts";
import { MANIFEST, README } from "./templates/process.ts";

export interface Checkout {
  readonly root: string;
  /** Text of shop.ts. */
  shop(): string;
  /** Texts of shop.ts, of the page that lists the shop's refusals, of its manifest, and of the README. */
  texts(): {
    readonly shop: string;
    readonly refusals: string;
    readonly manifest: string;
    readonly readme: string;
  };
  /** @throws Refusal where there is none of that name */
  aggregate(name: string): AggregateFiles;
  /** Runs a program in it. @throws Refusal with what it says where it fails */
  run(command: readonly string[]): void;
}

export function openCheckout(root: string): Checkout {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  return {
    root,
    shop: () => read(SHOP),
    texts: () => ({
      shop: read(SHOP),
      refusals: read(REFUSALS),
      manifest: read(MANIFEST),
      readme: read(README),
    }),
    aggregate(name) {
      const folder = `shared/shop/${name}`;
      if (!/^[a-z][a-z0-9]*$/.test(name) || !existsSync(join(root, folder, "codec.ts"))) {
        throw new Refusal(
          `There is no aggregate ${name}: shared/shop has no folder of that name with a codec.ts`,
        );
      }
      const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .map((path) => path.replaceAll("\\", "/"))
        .filter((path) => path.endsWith(".ts"));
      const sources = paths.filter((path) => !path.endsWith(".test.ts") && !path.includes("testing/"));
      const test = `${folder}/${name}.test.ts`;
      return {
        sources: new Map(sources.map((path) => [`${folder}/${path}`, read(`${folder}/${path}`)])),
        test: existsSync(join(root, test)) ? [test, read(test)] : undefined,
      };
    },
    run: (command) => runIn(root, command),
  };
}

/** @throws Refusal with what it says where it fails */
export function runIn(folder: string, command: readonly string[]): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd: folder, stdin: "ignore" });
  if (exitCode === 0) return;
  throw new Refusal(
    `${command.join(" ")} failed, and nothing is left of what it was to make. It says:\n${stdout}${stderr}`,
  );
}
