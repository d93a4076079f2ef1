// A shop of one aggregate: what stands around it, and what the files of the whole say of their shop.
import { Refusal } from "../refusal.ts";

const VERSION = "0.1.0";

export const SHOP_FILE = `// The shop: the one list of what it is made of.
import { defineShop } from "@millrace/registry/define-shop";
import { note } from "./note/note.ts";
import type { ShopSettings } from "./settings.ts";

export const shop = defineShop<ShopSettings>({
  aggregates: [note],
  // Those that several aggregates make together; one that an aggregate makes alone stands with it.
  readModels: [],
  processes: [],
});
`;

export const SHOP_TEST = `import { expect, test } from "bun:test";
import { shop } from "./shop.ts";

test("every refusal that the README lists has that status", async () => {
  const readme = await Bun.file(new URL("README.md", import.meta.url)).text();
  const listed = [...readme.matchAll(/^\\| (\\d{3}) +\\| \`(\\w+)\` +\\|$/gm)].map(
    ([, status, code]) => \`\${status} \${code}\`,
  );
  const told = Object.values(shop.problems).map(({ status, code }) => \`\${status} \${code}\`);
  expect(listed.length).toBeGreaterThan(0);
  expect(told).toEqual(expect.arrayContaining(listed));
});
`;

export const SETTINGS = `// What an operator may set of the shop; the engine's own variables stand in platform/config.ts. One more is named here, by
// readShopVariables of @millrace/platform/shop-variables with the kinds of @millrace/platform/config-fields.
import type { Config } from "@millrace/platform/config";

/** What the shop's bodies are read with, and its rules that an operator may set. */
export interface ShopSettings {
  /** The one currency of all amounts, ISO 4217. */
  readonly currency: string;
}

/** @throws InvalidConfig naming each variable that is wrong */
export function shopSettings({ MILLRACE_CURRENCY }: Config): ShopSettings {
  return { currency: MILLRACE_CURRENCY };
}
`;

export const OPS = `// What \`bun run ops\` has for this shop alone.
import type { OpsShop } from "@millrace/ops/context";

export const opsCommands: NonNullable<OpsShop["commands"]> = [];
`;

export const SHOP_README = `# The shop

A folder an aggregate, whole, and \`shop.ts\`, the one list of what there is. The engine knows none of it by name.

## Why a command is refused

Beside [the engine's problems](../engine/http/README.md), and as both APIs list them under \`/problems\`:

| status | code                  |
| ------ | --------------------- |
| 404    | \`note_not_found\`      |
| 409    | \`note_already_exists\` |
`;

const workspace = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [`@millrace/${name}`, "workspace:*"]));
const catalog = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "catalog:"]));

export const SHOP_MANIFEST = printed({
  name: "@millrace/shop",
  private: true,
  type: "module",
  exports: {
    "./currency": "./currency.ts",
    "./ops": "./ops.ts",
    "./settings": "./settings.ts",
    "./shop": "./shop.ts",
  },
  dependencies: {
    ...workspace("commands", "domain", "events", "http", "ops", "platform", "read-models", "registry"),
    ...catalog("drizzle-orm", "valibot"),
  },
  devDependencies: { ...workspace("testing"), ...catalog("fast-check") },
});

/** Of programs that have less to do here. */
export const PROGRAM_MANIFESTS: readonly [path: string, text: string][] = [
  [
    "apps/system-tests/package.json",
    printed({ name: "@millrace/system-tests-app", private: true, type: "module" }),
  ],
];

/** Without the programs that stay behind, and what only they need. @param manifests of the packages, by path */
export function rootManifest(text: string, name: string, manifests: ReadonlyMap<string, string>): string {
  const manifest = JSON.parse(text) as Root;
  const { catalog: known, packages } = manifest.workspaces;
  const named = [text, ...manifests.values()].flatMap((each) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(each) as Dependencies;
    return Object.entries({ ...dependencies, ...devDependencies }).filter(([, from]) => from === "catalog:");
  });
  const used = new Set(named.map(([each]) => each));
  const left = Object.fromEntries(Object.entries(known).filter(([each]) => used.has(each)));
  const { chaos: _, bench: __, mutants: ___, client: ____, examples: _____, ...scripts } = manifest.scripts;
  const workspaces = { packages, catalog: left };
  return printed({ ...manifest, name: calledAfter(name), version: VERSION, workspaces, scripts });
}

interface Dependencies {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

interface Root extends Dependencies {
  readonly workspaces: { readonly packages: readonly string[]; readonly catalog: Record<string, string> };
  readonly scripts: Record<string, string>;
}

/** What npm and Docker take as a name. */
function calledAfter(folder: string): string {
  const called = folder.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, "-");
  return called.replace(/^[._-]+/, "") || "shop";
}

export function knipFile(text: string): string {
  const knip = JSON.parse(text) as { workspaces: Record<string, { entry: string[] }> };
  const { "apps/system-tests": _, "apps/bench": __, ...workspaces } = knip.workspaces;
  const { "shared/shop": shop } = workspaces;
  // Needed by the first aggregate that has an amount.
  const entry = [...new Set(["read-money.ts", ...(shop?.entry ?? [])])];
  return printed({ ...knip, workspaces: { ...workspaces, "shared/shop": { ...shop, entry } } });
}

const SHOP_VARIABLES = /^x-shop: &shop\n(?: {2}.*\n)+/m;

/** With the shop's own variables in the place of another's, and volumes of its own. @throws Refusal where that is not found */
export function composeFile(text: string, name: string): string {
  if (!SHOP_VARIABLES.test(text)) {
    throw new Refusal("compose.yaml is not as expected: it has no x-shop with the shop's variables");
  }
  const variables = `  MILLRACE_NOTE_PARTITIONS: \${MILLRACE_NOTE_PARTITIONS:-2}\n`;
  return text
    .replace(SHOP_VARIABLES, () => `x-shop: &shop\n${variables}`)
    .replace(/^name: .*$/m, `name: ${calledAfter(name).replaceAll(".", "-")}`);
}

/** Without what an operator sets of the shop there. */
export function productionFile(text: string): string {
  return text.replace(/ {6}# Of the shop\.[^\n]*\n(?: {6}(?:- |# - ).*\n)+/, "");
}

/** Without the pages of the guide, which stays behind. */
export function rulesFile(text: string): string {
  return text.replace(/^ +page: shared\/guide\/.*\n/gm, "");
}

function printed(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
