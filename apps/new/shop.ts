// `bun run new shop`: a folder with the engine, the programs around it and one small aggregate, to begin one's own shop from.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { Refusal } from "./refusal.ts";
import {
  composeFile,
  knipFile,
  OPS,
  PROGRAM_MANIFESTS,
  productionFile,
  rootManifest,
  rulesFile,
  SETTINGS,
  SHOP_FILE,
  SHOP_MANIFEST,
  SHOP_README,
  SHOP_TEST,
} from "./templates/shop.ts";
import { readmeFile } from "./templates/shop-readme.ts";

/** What knows no shop. Paths of folders stand for all that is in them. */
const OF_THE_ENGINE = [
  ...["shared/engine", "shared/local", "shared/testing", "shared/deploy", "migrations/functions"],
  ...["command-api", "query-api", "relay", "projector", "processes", "console"].map((app) => `apps/${app}`),
  ...["migrate", "ops", "dev", "proxy", "new"].map((app) => `apps/${app}`),
  "apps/system-tests/architecture.test.ts",
  ...[".dockerignore", ".gitattributes", ".gitignore", "Dockerfile", "biome.json", "bun.lock", "bunfig.toml"],
  ...["compose.yaml", "drizzle.config.ts", "knip.json", "package.json", "tsconfig.json"],
];
/** What any shop needs: its currency, and amounts in bodies. */
const OF_ANY_SHOP = ["currency.ts", "currency.int.test.ts", "money.ts", "money.test.ts", "read-money.ts"];
/** The aggregate that it begins with. */
const FIRST = { from: "shared/engine/registry/testing/tiny-shop/note", to: "shared/shop/note" };
const PRODUCTION = "shared/deploy/kubernetes/overlays/production/kustomization.yaml";
/** Alerts and their tests, which name chapters of the guide. */
const RULES = ["shared/deploy/prometheus/rules.yaml", "shared/deploy/prometheus/rules.test.yaml"];
/** What stands against which attack, by tests of this shop: it stays behind with them. */
const SECURITY = "shared/deploy/SECURITY.md";
const DECISIONS = "shared/decisions";

/** Runs a program in a folder. @throws Refusal with what it says where it fails */
export type RunIn = (folder: string, command: readonly string[]) => void;

/**
 * Makes the folder, with its packages and its one migration. Answers where it is.
 * @throws Refusal for a folder that holds something or is in the checkout; where a step fails nothing is left of it
 */
export function makeShop(root: string, folder: string, run: RunIn): string {
  const target = resolve(folder);
  requireFree(root, target);
  const wasThere = existsSync(target);
  try {
    for (const path of copied(root)) copy(join(root, path), join(target, path));
    for (const path of filesIn(root, FIRST.from)) {
      copy(join(root, path), join(target, FIRST.to, relative(FIRST.from, path)));
    }
    const written = writtenFiles(root, basename(target));
    for (const [path, text] of written) write(join(target, path), text);
    const manifests = manifestsIn(target);
    write(join(target, "README.md"), readmeFile(basename(target), manifests));
    const whole = readFileSync(join(root, "package.json"), "utf8");
    write(join(target, "package.json"), rootManifest(whole, basename(target), manifests));
    run(target, ["bun", "install"]);
    run(target, [
      "bunx",
      "biome",
      "check",
      "--write",
      ...[...written.keys()].filter((path) => /\.(ts|json)$/.test(path)),
    ]);
    run(target, ["bunx", "drizzle-kit", "generate", "--name", "schema"]);
    writeByHand(root, target);
    return target;
  } catch (error) {
    const made = wasThere ? readdirSync(target).map((name) => join(target, name)) : [target];
    for (const path of made) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function requireFree(root: string, target: string): void {
  const inside = relative(root, target);
  if (!inside.startsWith("..")) {
    throw new Refusal(`${target} is in this checkout: name a folder beside it, such as ../mine`);
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new Refusal(`${target} is there already, and is not empty`);
  }
}

function copied(root: string): string[] {
  const files = OF_THE_ENGINE.filter((path) => existsSync(join(root, path)))
    .flatMap((path) => filesIn(root, path))
    .filter((path) => path !== SECURITY);
  const ofAnyShop = OF_ANY_SHOP.map((name) => `shared/shop/${name}`);
  return [...files, ...ofAnyShop, ...decisionsNamedIn(root, files)];
}

/** Pages that say why the engine is as it is, as far as its files and those pages themselves name them. */
function decisionsNamedIn(root: string, files: readonly string[]): string[] {
  const pages = new Set<string>();
  const queue = files.filter((path) => /\.(tsx?|md|ya?ml|sql|env)$|Dockerfile$/.test(path));
  for (const path of queue) {
    const text = readFileSync(join(root, path), "utf8");
    const named = path.startsWith(DECISIONS) ? /\]\(([\w-]+\.md)/g : /\bdecisions\/([\w-]+\.md)/g;
    for (const [, name] of text.matchAll(named)) {
      const page = `${DECISIONS}/${name}`;
      if (pages.has(page) || !existsSync(join(root, page))) continue;
      pages.add(page);
      queue.push(page);
    }
  }
  return [...pages].sort();
}

/** Of a folder, without packages and logs, or the file itself. */
function filesIn(root: string, path: string): string[] {
  const entries = readdirSync(dirname(join(root, path)), { withFileTypes: true });
  if (!entries.find(({ name }) => name === basename(path))?.isDirectory()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.endsWith(".log")) return [];
    return entry.isDirectory() ? filesIn(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`];
  });
}

function writtenFiles(root: string, name: string): Map<string, string> {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  return new Map([
    ["knip.json", knipFile(read("knip.json"))],
    ["compose.yaml", composeFile(read("compose.yaml"), name)],
    [PRODUCTION, productionFile(read(PRODUCTION))],
    ...RULES.map((path) => [path, rulesFile(read(path))] as const),
    ...PROGRAM_MANIFESTS,
    ["shared/shop/package.json", SHOP_MANIFEST],
    ["shared/shop/shop.ts", SHOP_FILE],
    ["shared/shop/shop.test.ts", SHOP_TEST],
    ["shared/shop/settings.ts", SETTINGS],
    ["shared/shop/ops.ts", OPS],
    ["shared/shop/README.md", SHOP_README],
  ]);
}

/** By path. */
function manifestsIn(target: string): Map<string, string> {
  const paths = ["apps", "shared"].flatMap((folder) => filesIn(target, folder));
  const manifests = paths.filter((path) => path.endsWith("/package.json"));
  return new Map(manifests.map((path) => [path, readFileSync(join(target, path), "utf8")]));
}

/** What drizzle-kit writes by itself from the tables. */
const FROM_TABLES =
  /^(CREATE (TABLE|(UNIQUE )?INDEX|SEQUENCE)|DROP (TABLE|INDEX|SEQUENCE)|ALTER TABLE "\w+" ((ADD|DROP|RENAME) |ALTER COLUMN "\w+" (SET|DROP) (DATA|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)))/;

/** The engine's migrations have more than tables: what was written by hand, unless it is about a table of the shop's. */
function writeByHand(root: string, target: string): void {
  const ofTheShop = tablesOf(root, "shared/shop");
  const migrations = readdirSync(join(root, "migrations")).filter((name) => name.endsWith(".sql"));
  const statements = migrations
    .sort()
    .flatMap((name) => readFileSync(join(root, "migrations", name), "utf8").split("--> statement-breakpoint"))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "" && !FROM_TABLES.test(statement.replaceAll(/^--.*\n/gm, "")))
    .filter((statement) => !(statement.match(/\w+/g) ?? []).some((word) => ofTheShop.has(word)));
  const [schema = ""] = readdirSync(join(target, "migrations")).filter((name) => name.endsWith(".sql"));
  const path = join(target, "migrations", schema);
  write(
    path,
    [readFileSync(path, "utf8").trimEnd(), ...statements].join("--> statement-breakpoint\n").concat("\n"),
  );
}

function tablesOf(root: string, folder: string): Set<string> {
  const texts = filesIn(root, folder).filter((path) => path.endsWith("table.ts"));
  const names = texts.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/pgTable\(\s*"(\w+)"/g)].map(
      ([, name]) => name as string,
    ),
  );
  return new Set(names);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
