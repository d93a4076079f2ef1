// What the pages name in passing is there: scripts, commands of ops, paths and settings, with the defaults that they state.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Glob } from "bun";
import { readConfig } from "@millrace/platform/config";
import { anchorsOf, ROOT, readPage } from "./blocks.ts";

const PAGES = ["*.md", "apps/*/*.md", "shared/**/*.md"]
  .flatMap((pattern) => [...new Glob(pattern).scanSync({ cwd: ROOT })])
  .filter((path) => !path.includes("node_modules"));
/** Aggregates that the guide has its reader write, and a program of Kafka's own. */
const NOT_OURS = /booking|shipment|`kafka-acls\.sh`/;
const texts = await Promise.all(PAGES.map(async (page) => ({ page, text: await readPage(page) })));

// Seen to fail with `bun run develop` in the README's prose, and with `bun run ops lags` in a decision page.
test("every script and every command of ops that a page names exists", async () => {
  const { scripts } = await Bun.file(`${ROOT}/package.json`).json();
  const ofOps = (await sourcesOf("shared/{engine,shop}/**/ops*/**/*.ts", "shared/shop/**/ops*.ts"))
    .flatMap((text) => [...text.matchAll(/\.command\("([a-z-]+)/g)])
    .map(([, name = ""]) => name);
  const missing = named(/bun run ([a-z]+(?:[:-][a-z]+)*)(?: ([a-z-]+))?/g).filter(
    ([, script = "", command]) =>
      !(script in scripts) || (script === "ops" && command !== undefined && !ofOps.includes(command)),
  );
  expect(missing.map(([words]) => words)).toEqual([]);
});

// Seen to fail with a folder of the README misspelt, and with a file of a decision page that had gone.
test("every file and folder that a page names exists, but for what readers make or have from Kafka", () => {
  const files = [...new Glob("{apps,shared,migrations,.ci}/**/*").scanSync({ cwd: ROOT, dot: true })].filter(
    (path) => !path.includes("node_modules"),
  );
  const isThere = (path: string) =>
    existsSync(`${ROOT}/${path}`) ||
    files.some((file) => file.endsWith(`/${path}`) || file.replace(/\.test\.tsx?$/, "") === path);
  const missing = [
    ...named(/`((?:apps|shared|migrations|\.ci)\/[\w./-]+)`/g),
    ...named(/`((?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:tsx?|sql|yaml|json|sh))`/g),
  ].filter(([words, path = ""]) => !isThere(path) && !NOT_OURS.test(words));
  expect(missing.map(([words]) => words)).toEqual([]);
});

// Seen to fail with a letter of a setting's name changed in "Operate it".
test("every setting that a page names is read somewhere", async () => {
  const sources = await sourcesOf(
    "{apps,shared}/**/*.{ts,tsx,yaml,env,sh}",
    ...["compose.yaml", ".ci/run", ".devcontainer/*"],
  );
  const read = new Set(
    sources.flatMap((text) => text.match(/\b(?:MILLRACE|KAFKA|DATABASE)_[A-Z0-9_]+/g) ?? []),
  );
  const unread = named(/`((?:MILLRACE|KAFKA|DATABASE)_[A-Z0-9_]+)[`=]/g)
    .map(([, name = ""]) => name)
    .filter((name) => !read.has(name) && !read.has(name.replace(/_FILE$/, "")))
    .filter((name) => !/^MILLRACE_[A-Z]+_(PARTITIONS|POSTGRES_PASSWORD)$/.test(name));
  expect(unread).toEqual([]);
});

// Seen to fail with another default of MILLRACE_DRAIN_MS in config.ts.
test("the defaults that `Operate it` states are those that a process starts with", async () => {
  const defaults: Record<string, unknown> = { ...readConfig({}) };
  const page = await readPage("shared/guide/operate.md");
  const stated = [...page.matchAll(/^\| `([A-Z_]+)` \|.*\| ([^|]+) \|$/gm)].flatMap(
    ([, name = "", cell = ""]) => {
      const [value] = /^(`[^`]+`|[\d,]+)$/.exec(cell) ?? [];
      return value && name in defaults ? [{ name, value: value.replace(/[`,]/g, "") }] : [];
    },
  );
  expect(stated.length).toBeGreaterThan(4);
  expect(stated).toEqual(stated.map(({ name }) => ({ name, value: String(defaults[name]) })));
});

// Seen to fail with http.md renamed, with the heading that CONTRIBUTING.md leads to in layout.md, and with a file that a decision
// page had in its former folder.
test("every link leads to a file or folder of the checkout, and to a heading that it has", async () => {
  let links = 0;
  const broken: string[] = [];
  for (const { page, text } of texts) {
    const prose = text.replace(/^```[\s\S]*?^```$/gm, "");
    for (const { 1: target = "" } of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links++;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      const isThere = existsSync(`${ROOT}/${file}`);
      const leads = isThere && (anchor === undefined || anchorsOf(await readPage(file)).includes(anchor));
      if (!leads) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(100);
});

function named(pattern: RegExp): RegExpMatchArray[] {
  return texts.flatMap(({ page, text }) =>
    [...text.matchAll(pattern)].map((match) => {
      match[0] = `${page}: ${match[0]}`;
      return match;
    }),
  );
}

async function sourcesOf(...patterns: string[]): Promise<string[]> {
  const paths = patterns
    .flatMap((pattern) => [...new Glob(pattern).scanSync({ cwd: ROOT, dot: true })])
    .filter((path) => !path.includes("node_modules"));
  return Promise.all(paths.map((path) => Bun.file(`${ROOT}/${path}`).text()));
}
